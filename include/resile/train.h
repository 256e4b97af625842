/* Training a network: minimise the cross-entropy on a data set, epoch after epoch, with checkpoints
 * from which a training goes on exactly where it stopped.
 *
 *     rsl_train(model, data, test, &(struct rsl_train_options){.recipe = "cifar",
 *                                  .checkpoint = "m.safetensors"}, &result);
 *     rsl_model_save(model, "m.onnx");
 *
 * The same model, data, options and thread count give the same weights, bit for bit, whether the
 * training was interrupted or not. */
#ifndef RESILE_TRAIN_H
#define RESILE_TRAIN_H

#include "resile/data.h"
#include "resile/model.h"
#include "resile/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a training stands; texts and numbers are valid during the call only. */
struct rsl_train_progress {
    int64_t epoch, epochs; /* the one being worked on, from 0 */
    int64_t step, steps;   /* of the whole training, done and planned */
    int64_t images;        /* of this epoch, done */
    double loss, accuracy; /* running means over this epoch; accuracy in per cent */
    double rate;           /* learning rate of the last step */
    double images_per_second;
    int epoch_done;              /* 1: the epoch has ended, and was evaluated: */
    double test_loss, test_top1; /* NaN when there is no test set */
};

/* Zero everywhere stands for the recipe's value; where the recipe has none, for the default.
 * Numbers for which 0 means something are texts. */
struct rsl_train_options {
    const char *recipe; /* rsl_recipe_name(i); NULL: the one that suits the data set */
    int64_t epochs;     /* 0: the recipe's */
    int64_t batch;
    double learning_rate;
    const char *schedule;  /* "onecycle", "cosine", "step:30:0.1", ... */
    const char *optimizer; /* "sgd", "adam", "adamw" */
    const char *momentum, *weight_decay, *label_smoothing; /* numbers; NULL: the recipe's */
    int nesterov;                                          /* -1: no, 0: the recipe's, 1: yes */
    int decoupled;         /* sgd: weight decay beside the gradient, not in it; adamw always does */
    const char *decay;     /* what weight decay holds for: "all" (default) parameters, "weights" */
    const char *betas;     /* adam, adamw: "0.9,0.999" */
    const char *epsilon;   /* adam, adamw: "1e-8" */
    const char *augment;   /* "crop:4,flip", "none" */
    const char *loss;      /* "cross-entropy" (default) or "mean-square" to one-hot labels */
    const char *penalties; /* "NAME:l1|l2|mean-square:WEIGHT,..." added to the loss */
    double clip;           /* largest norm of the gradient; 0: none */
    double weight_clip;    /* largest absolute value of a weight; 0: none */
    int accumulate;        /* batches whose gradients are averaged before a step; 0: 1 */
    int passes;            /* of each batch, with bit errors and dropout of their own; 0: 1 */
    int new_head;          /* a fresh last layer with the data's classes */
    const char *qat;       /* encoding that the weights go through: "symmetric8", "affine4" */
    double ber;         /* random bit errors in the encoded weights: half of each step's gradient */
    const char *frozen; /* starts of parameter names that are not trained, comma-separated */
    uint64_t seed;      /* of order, augmentation, dropout and bit errors */
    int64_t images;     /* use only so many: the first, or as many of each class; 0: all */
    int64_t test_images;    /* evaluate on the first so many of the test set; 0: all */
    int threads;            /* 0: rsl_cpu_threads() */
    const char *compute;    /* "f32" (default), "f32-winograd", "bf16" */
    int reference;          /* only the plain-C reference kernels */
    int deterministic;      /* one thread per kernel: no thread count changes any bit */
    const char *checkpoint; /* safetensors, written before and after every evaluation; NULL: none */
    int resume;             /* go on from the checkpoint when it exists */
    int restart;            /* discard it, when it is that of a training which has not ended */
    const char *log;        /* one JSON line per epoch; begun anew unless resumed; NULL: none */
    int fresh; /* the model was not trained yet: the recipe's mean and deviation take the place of
                * the scale and offset that it states */
    const struct rsl_preprocess_options *preprocess; /* the trained model carries it along */
    /* Called after each step and within evaluations; a nonzero answer ends the training there: the
     * checkpoint is written and RSL_EINTERRUPTED returned. An evaluation that was cut short is done
     * anew by the training that goes on. May be NULL. */
    int (*progress)(void *context, const struct rsl_train_progress *progress);
    void *context;
};

struct rsl_train_result {
    int64_t epochs, steps;    /* done, earlier sessions included */
    int64_t images;           /* per epoch */
    double loss, accuracy;    /* of the last epoch, on the training images as augmented */
    double test_loss, top1;   /* of the last evaluation; NaN when there was none */
    double seconds;           /* of this session */
    double images_per_second; /* of training, evaluation left out */
};

/* Trains `model` in place. `test` may be NULL: no evaluation. `options` may be NULL: the recipe of
 * the data set. */
RSL_API int rsl_train(struct rsl_model *model, const struct rsl_data *data,
                      const struct rsl_data *test, const struct rsl_train_options *options,
                      struct rsl_train_result *result);

/* ---- recipes and the words of the options: NULL after the last ---- */

RSL_API const char *rsl_recipe_name(int i);
RSL_API const char *rsl_train_optimizer(int i);

/* ---- speed ---- */

struct rsl_bench_train_options {
    int64_t batch; /* 0: 128 */
    int threads;
    const char *compute;
    const char *optimizer; /* NULL: sgd with momentum */
    double seconds;        /* measured time; 0: 3 */
    uint64_t seed;
};

struct rsl_bench_train_result {
    double images_per_second; /* median over the steps */
    double fastest, slowest;
    int64_t steps;
    double plan_seconds;
    size_t workspace; /* bytes of the plan: activations and gradients */
};

/* Repeats one training step (forward, backward, update) on a batch of random images, of which the
 * model learns: it is another one afterwards. */
RSL_API int rsl_bench_train(struct rsl_model *model, const struct rsl_bench_train_options *options,
                            struct rsl_bench_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
