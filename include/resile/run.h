/* Running a model: a runner holds everything fixed for a batch size; running allocates nothing.
 *
 *     struct rsl_runner *r;
 *     rsl_runner_new(&r, model, &(struct rsl_run_options){.batch = 16});
 *     float *x = rsl_runner_input(r, 0);          fill it: [16,C,H,W]
 *     rsl_runner_run(r);
 *     const float *y = rsl_runner_output(r, 0);   [16,classes]
 *
 * A runner is used by one thread at a time and works with `threads` threads inside. The model must
 * outlive it. */
#ifndef RESILE_RUN_H
#define RESILE_RUN_H

#include "resile/model.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_runner;

/* Zero everywhere is the default. */
struct rsl_run_options {
    int64_t batch;       /* 0: 1 */
    int threads;         /* 0: rsl_cpu_threads() */
    const char *compute; /* "f32" (default), "f32-winograd", "bf16"; NULL: f32 */
    int reference;       /* only the plain-C reference kernels */
    int exact;           /* no rewriting: BatchNormalization stays a step of its own */
    int packed;          /* weights are read from the model's stored bits, and voted, at every run;
                            refused when the model has none (integer models have) */
};

/* The names that `compute` takes, NULL after the last; "int8" is for models of resile/integer.h,
 * which are integer whatever is said here: a runner refuses it. */
RSL_API const char *rsl_compute_name(int i);

/* A model whose batch is fixed in the file takes only that batch. `options` may be NULL. */
RSL_API int rsl_runner_new(struct rsl_runner **runner, const struct rsl_model *model,
                           const struct rsl_run_options *options);
RSL_API void rsl_runner_free(struct rsl_runner *runner);

RSL_API int rsl_runner_inputs(const struct rsl_runner *runner);
RSL_API int rsl_runner_outputs(const struct rsl_runner *runner);
/* Rank and dimensions (at most 8 are written), names, and types ("f32", "i64", ...). When there is
 * no i-th one, RSL_EARG and, of pointers here and below, NULL. */
RSL_API int rsl_runner_input_shape(const struct rsl_runner *runner, int i, int64_t dims[8]);
RSL_API int rsl_runner_output_shape(const struct rsl_runner *runner, int i, int64_t dims[8]);
RSL_API const char *rsl_runner_input_name(const struct rsl_runner *runner, int i);
RSL_API const char *rsl_runner_output_name(const struct rsl_runner *runner, int i);
RSL_API const char *rsl_runner_input_type(const struct rsl_runner *runner, int i);
RSL_API const char *rsl_runner_output_type(const struct rsl_runner *runner, int i);
/* Row-major data of that type; the pointers stay the same. */
RSL_API void *rsl_runner_input(struct rsl_runner *runner, int i);
RSL_API const void *rsl_runner_output(const struct rsl_runner *runner, int i);

RSL_API int rsl_runner_run(struct rsl_runner *runner);

/* What runs: step i's operator, node and kernel ("dnnl brgconv:avx512_core"). */
RSL_API int rsl_runner_steps(const struct rsl_runner *runner);
RSL_API const char *rsl_runner_step_kernel(const struct rsl_runner *runner, int i);
RSL_API const char *rsl_runner_step_node(const struct rsl_runner *runner, int i);
/* Bytes of the workspace that all tensors share. */
RSL_API size_t rsl_runner_workspace(const struct rsl_runner *runner);

#ifdef __cplusplus
}
#endif
#endif
