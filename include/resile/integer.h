/* Integer models: networks that compute on the codes of their weights.
 *
 *     rsl_integer_model(&integer, model, data, NULL);
 *     rsl_eval(integer, ...);
 *
 * Weights are what a memory image stores, 2 to 8 bits wide; activations are quantized to 8 bits by
 * ranges measured on images. Convolutions and linear layers then are sums of products of integers,
 * exact; docs/integer.md says what happens at each operator. */
#ifndef RESILE_INTEGER_H
#define RESILE_INTEGER_H

#include "resile/data.h"
#include "resile/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero everywhere is the default. */
struct rsl_integer_options {
    const char *storage; /* of the weights, affine or symmetric; NULL: "symmetric8:channel" */
    const char *ranges;  /* how activations are clipped: one of rsl_range_method; NULL: "mse" */
    int64_t images;      /* to measure the ranges on; 0: 256 */
    int threads;         /* 0: rsl_cpu_threads() */
    const struct rsl_preprocess_options *preprocess; /* NULL: as the model says */
    int random; /* random images instead of data: for benchmarks */
};

/* "minmax", "percentile", "mse"; NULL after the last. */
RSL_API const char *rsl_range_method(int i);

/* Measures the ranges of activations on the first images of `data` and keeps them in the model's
 * metadata (resile.ranges), where they are saved with it. The weights are those that the storage
 * gives. */
RSL_API int rsl_calibrate(struct rsl_model *model, const struct rsl_data *data,
                          const struct rsl_integer_options *options);

/* The integer network of a float model as a model of its own, with the same inputs and outputs; to
 * be run, not to be saved for other programs. Its ranges are those in the model's metadata, else
 * measured as by rsl_calibrate; then data or random images are needed. `model` must outlive it.
 * With `packed` in struct rsl_run_options a runner reads its weights from the stored bits at every
 * run. `options` may be NULL. */
RSL_API int rsl_integer_model(struct rsl_model **integer, const struct rsl_model *model,
                              const struct rsl_data *data,
                              const struct rsl_integer_options *options);

#ifdef __cplusplus
}
#endif
#endif
