/* A network in training: master weights, the plan of its training form, the optimizer. One call is
 * one step; where batches come from and when to stop is the loop's business (train.c).
 *
 * The model's parameters and running statistics are moved into memory that training changes in
 * place (in the model's arena), so the model can be evaluated and saved between steps. */
#ifndef RSL_TRAIN_TRAINER_H
#define RSL_TRAIN_TRAINER_H

#include "graph/model.h"
#include "graph/plan.h"
#include "train/fake_weights.h"
#include "train/optimizer.h"
#include "train/training_form.h"

struct rsl_trainer_options {
    int64_t batch;
    int threads;
    enum rsl_compute_mode compute;
    bool reference;
    uint64_t seed; /* of dropout and bit errors */
    struct rsl_optimizer_options optimizer;
    bool decay_weights_only; /* biases and normalization are left out of weight decay */
    double clip;             /* largest norm of the gradient; 0: none */
    double weight_clip;      /* largest absolute value of a weight; 0: none */
    bool mean_square;        /* loss against one-hot labels, instead of cross-entropy */
    float label_smoothing;
    const char *penalties;               /* as rsl_loss_penalties takes them; NULL: none */
    const struct rsl_encoding *encoding; /* quantization-aware: of the weights; NULL: none */
    double ber;
    const char *const *frozen; /* starts of names */
    size_t n_frozen;
    int accumulate; /* batches whose gradients are averaged before a step; 0: 1 */
    int passes;     /* of each batch, with bit errors and dropout of their own; 0: 1 */
};

/* One trained parameter. */
struct rsl_master {
    const char *name;
    struct rsl_shape shape;
    int64_t count;
    float *master; /* what the optimizer changes */
    float *used;   /* what the network computes with: `master`, or its quantized form */
    bool weight;   /* multiplies activations: quantized, clipped */
    struct rsl_encoding encoding; /* of `used`, when it is a quantized form */
    struct rsl_codes codes;       /* of `used` with bit errors */
    const float *gradient;        /* output of the plan */
    float *sum;                   /* accumulated gradients; NULL when a step has only one part */
};

/* A running mean or variance. */
struct rsl_statistic {
    const char *name;
    float *value; /* the model's */
    int64_t count;
};

struct rsl_trainer {
    struct rsl_model *model;
    struct rsl_trainer_options options;
    struct rsl_fake_weights fake;
    struct rsl_training_form form;
    struct rsl_plan *plan;
    struct rsl_optimizer *optimizer;
    struct rsl_master *masters;
    struct rsl_trained *trained; /* the optimizer's view */
    size_t n;
    struct rsl_statistic *statistics; /* form.statistics.n */
    float *images;                    /* the plan's inputs */
    int64_t *labels, *step_input;
    int64_t classes, pixels;
    bool stale;   /* what the network computes with is not the masters' quantized form */
    int64_t step; /* optimizer steps done */
    int taken;    /* batches accumulated since */
    int parts;    /* gradients that are averaged for a step: of each batch, and struck */
};

struct rsl_step_result {
    double loss;     /* mean over the batch and its passes */
    int64_t correct; /* predictions equal to the label, before the step, summed over the passes */
    double norm;     /* of the gradient, before clipping; 0 when batches are still to come */
};

/* The model's numbers stay what they are until the first step, but for frozen weights, which are
 * quantized when there is an encoding. Parameters on which the loss does not depend are left as if
 * they were frozen, and named in the log. */
int rsl_trainer_new(struct rsl_trainer **trainer, struct rsl_model *model,
                    const struct rsl_trainer_options *options);
void rsl_trainer_free(struct rsl_trainer *t);

/* One batch: forward and backward in each of its passes, and, when enough batches are accumulated,
 * one update. Fails with RSL_EARG when the loss or the gradient is no finite number, with the
 * parameters as they were; what was accumulated is dropped. Running statistics may have taken the
 * batch in. */
int rsl_trainer_step(struct rsl_trainer *t, const float *images, const int *labels, double rate,
                     struct rsl_step_result *result);
/* Puts the quantized weights where the model's are, without errors: what evaluation and saving
 * want. A step begins and ends with that. */
int rsl_trainer_settle(struct rsl_trainer *t);
/* The same with the bit errors of a pass of the step that comes next. */
int rsl_trainer_strike(struct rsl_trainer *t, int pass);

#endif
