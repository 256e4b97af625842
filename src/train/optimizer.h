/* Optimizers: SGD, Adam and AdamW as PyTorch 1.13 defines them (docs/training.md has the formulas).
 *
 * A step is one pass over memory, divided among the threads, and allocates nothing. It works
 * element by element, so its result does not depend on the number of threads. Arithmetic and state
 * are float; the few constants of a step are computed in double.
 *
 * One thread at a time uses an optimizer. The tensors' memory (values, gradients) is the caller's
 * and must outlive it; the list of them and their names are copied. */
#ifndef RSL_TRAIN_OPTIMIZER_H
#define RSL_TRAIN_OPTIMIZER_H

#include "train/trained.h"

/* Zero everywhere is plain SGD. What does not belong to the optimizer named is refused. */
struct rsl_optimizer_options {
    const char *name; /* "sgd" (also NULL), "adam", "adamw" */
    double momentum;  /* sgd: in [0,1) */
    bool nesterov;    /* sgd: needs momentum and no dampening */
    double dampening; /* sgd: in [0,1]; needs momentum */
    double weight_decay;
    bool decoupled; /* sgd: decay the value, not through the gradient (SGDW); adamw always does */
    double beta1, beta2, epsilon; /* adam, adamw; 0: 0.9, 0.999, 1e-8 */
};

struct rsl_optimizer;

/* RSL_ENOTFOUND for an unknown name, RSL_EARG for settings out of range. */
int rsl_optimizer_new(struct rsl_optimizer **optimizer, const struct rsl_optimizer_options *options,
                      const struct rsl_trained *trained, size_t n);
void rsl_optimizer_free(struct rsl_optimizer *o);

/* The names there are, in the order of the list; NULL after the last. */
const char *rsl_optimizer_name(size_t i);

/* Every gradient is multiplied by gradient_scale on the way in: clipping and accumulation cost no
 * pass of their own. Fails, with nothing changed, unless learning_rate is a number from 0 on and
 * gradient_scale is finite. */
int rsl_optimizer_step(struct rsl_optimizer *o, double learning_rate, double gradient_scale);

/* Another momentum (Adam: beta1) from the next step on, in [0,1); for rsl_schedule_momentum. SGD
 * that was made without momentum has no memory for it and refuses. */
int rsl_optimizer_set_momentum(struct rsl_optimizer *o, double momentum);

/* ---- what a checkpoint holds beside the parameters ---- */

/* "momentum.<parameter>", "exp_avg.<parameter>", "exp_avg_sq.<parameter>". The values may be read
 * and written; the shape is the parameter's. */
struct rsl_optimizer_state {
    const char *name;
    float *value;
    int64_t count;
    size_t parameter; /* its index in the list given to rsl_optimizer_new */
};

size_t rsl_optimizer_states(const struct rsl_optimizer *o);
struct rsl_optimizer_state rsl_optimizer_state(const struct rsl_optimizer *o, size_t i);

/* Steps done so far. Setting it refuses a negative number. */
int64_t rsl_optimizer_steps(const struct rsl_optimizer *o);
int rsl_optimizer_set_steps(struct rsl_optimizer *o, int64_t steps);

#endif
