/* The training form of a network: parameters become inputs, normalization uses the batch's
 * statistics, dropout drops.
 *
 * The form is an ordinary graph. Beside the network's own inputs it has one input per trained
 * parameter, under the parameter's name, and "resile.step" (one i64) when something is dropped. */
#ifndef RSL_TRAIN_TRAINING_FORM_H
#define RSL_TRAIN_TRAINING_FORM_H

#include "graph/graph.h"

#define RSL_STEP_INPUT "resile.step"

/* A normalization whose running statistics the trainer keeps. Several that share one follow it in
 * the order of the nodes, as a module of PyTorch that is called several times does. */
struct rsl_running {
    size_t mean, variance;          /* among the form's statistics */
    int batch_mean, batch_variance; /* values of the form */
    float momentum;                 /* as ONNX counts it: the weight of what was there before */
    int64_t count;                  /* elements behind each statistic */
};

struct rsl_training_form {
    struct rsl_graph graph;
    struct {
        int *at; /* values of `graph`: the trained parameters, in the order of the model */
        size_t n, cap;
    } parameters;
    struct {
        const char **at; /* names of the model's constants, each once */
        size_t n, cap;
    } statistics;
    struct {
        struct rsl_running *at;
        size_t n, cap;
    } running;
    int output; /* value: the first output, before a final Softmax or LogSoftmax */
    bool drops;
};

struct rsl_training_form_options {
    int64_t batch;
    uint64_t seed; /* of dropout */
    /* Parameters that stay as they are: those whose names start with one of these. */
    const char *const *frozen;
    size_t n_frozen;
};

/* Copies and rewrites `g`, checks it and infers shapes. A first dimension of the input that `g`
 * fixes becomes the batch when the network lets it. `form` is to be freed also after a failure.
 * Refused: graphs without inputs or trainable parameters, parameters that are no f32. */
int rsl_training_form(struct rsl_training_form *form, const struct rsl_graph *g,
                      const struct rsl_training_form_options *options);
void rsl_training_form_free(struct rsl_training_form *form);

#endif
