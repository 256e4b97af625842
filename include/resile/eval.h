/* Accuracy of a model on a data set, and the speed of a forward pass. */
#ifndef RESILE_EVAL_H
#define RESILE_EVAL_H

#include "resile/data.h"
#include "resile/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_eval_options {
    int64_t images; /* the first so many; 0: all */
    int64_t batch;  /* 0: 64, or what the model is fixed to */
    int threads;    /* 0: rsl_cpu_threads() */
    const char *compute;
    int reference, exact, packed;                    /* as in struct rsl_run_options */
    const struct rsl_preprocess_options *preprocess; /* NULL: as the model says */
    /* Called now and then with the images done; a nonzero answer ends the evaluation with
     * RSL_EINTERRUPTED. May be NULL. */
    int (*progress)(void *context, int64_t done, int64_t total);
    void *context;
};

struct rsl_eval_result {
    int64_t images, correct, correct5;
    double top1, top5; /* per cent */
    double loss;       /* mean cross-entropy; NaN when an output is NaN */
    double seconds;    /* of the whole loop, reading and preprocessing included */
    double images_per_second;
    int64_t invalid; /* images with a NaN or infinity among the outputs */
};

/* The first output, [N,classes], is taken as logits (or as what it is when the last node is a
 * Softmax or LogSoftmax). The prediction is the largest logit; the first NaN counts as largest, the
 * first of equals wins, as in NumPy. A label is among the top 5 when fewer than five classes are
 * ahead of it by the same rule. `options` may be NULL. */
RSL_API int rsl_eval(const struct rsl_model *model, const struct rsl_data *data,
                     const struct rsl_eval_options *options, struct rsl_eval_result *result);

struct rsl_bench_options {
    struct rsl_run_options run;
    double seconds; /* measured time; 0: 3 */
    uint64_t seed;  /* of the random input */
};

struct rsl_bench_result {
    double images_per_second; /* median over the passes */
    double fastest, slowest;  /* images per second of single passes */
    int64_t passes;
    double plan_seconds; /* making the plan */
    size_t workspace;    /* bytes */
};

/* Repeats the forward pass of one batch of random images. */
RSL_API int rsl_bench_forward(const struct rsl_model *model,
                              const struct rsl_bench_options *options,
                              struct rsl_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
