/* What an optimizer is to optimizer.c: a name, the state it keeps, and the update of one piece of
 * one tensor. To add one: a file with a `const struct rsl_optimizer_type rsl_optimizer_<symbol>`
 * and a line in optimizers.def. */
#ifndef RSL_TRAIN_OPTIMIZER_INT_H
#define RSL_TRAIN_OPTIMIZER_INT_H

#include "train/optimizer.h"

enum { RSL_OPTIMIZER_STATES = 2 };

/* The constants of one step. With g the gradient and w the value of an element, every update reads
 *
 *     g <- scale g + coupled w,   state <- f(state, g),   w <- shrink w - rate direction(state, g)
 */
struct rsl_update {
    float scale;
    float coupled; /* weight decay through the gradient; 0: none */
    float shrink;  /* decoupled weight decay, 1 - learning rate * weight decay; 1: none */
    float rate;
    union {
        struct {               /* b <- keep b + take g, direction = look g + along b */
            bool used;         /* false: direction = g */
            float keep, take;  /* momentum; 1 - dampening */
            float look, along; /* 0, 1; Nesterov: 1, momentum */
        } momentum;
        struct {                    /* m <- keep m + take g, v <- keep_sq v + take_sq g^2 */
            float keep, take;       /* beta1; 1 - beta1 */
            float keep_sq, take_sq; /* beta2; 1 - beta2 */
            float root, epsilon;    /* direction = m / (root sqrt(v) + epsilon) */
        } moments;
    };
};

struct rsl_optimizer_type {
    const char *name;
    const char *states[RSL_OPTIMIZER_STATES]; /* the prefixes of their names */

    /* Refuses settings out of range and fills in defaults. Returns how many of `states` each
     * parameter has with these settings, or a negative status. */
    int (*settle)(struct rsl_optimizer_options *o);

    /* The constants of step number `step` (the first is 1); scale, coupled = 0 and shrink = 1 are
     * already set. */
    void (*prepare)(struct rsl_update *u, const struct rsl_optimizer_options *o, int64_t step,
                    double rate);

    /* n elements; state[k] runs along with `value`. */
    void (*update)(const struct rsl_update *u, float *value, const float *gradient,
                   float *const state[RSL_OPTIMIZER_STATES], size_t n);

    /* The setting that cycles against the learning rate. */
    double *(*momentum)(struct rsl_optimizer_options *o);
};

/* RSL_EARG with a sentence unless 0 <= value < 1; `what` names the setting. */
int rsl_optimizer_below_one(const char *optimizer, const char *what, double value);

#endif
