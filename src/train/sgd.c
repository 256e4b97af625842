/* Stochastic gradient descent as torch.optim.SGD: momentum (whose first value is the gradient
 * itself, dampening or not), Nesterov's form of it, dampening, weight decay through the gradient or
 * decoupled from it (SGDW: Loshchilov & Hutter 2019, algorithm 1, the decay scaled by the learning
 * rate as in AdamW). */
#include "base/status.h"
#include "train/optimizer_int.h"

static int settle(struct rsl_optimizer_options *o) {
    RSL_TRY(rsl_optimizer_below_one("sgd", "momentum", o->momentum));
    if (!(o->dampening >= 0 && o->dampening <= 1))
        return rsl_fail(RSL_EARG, "optimizer 'sgd': dampening is %g, it must be from 0 to 1",
                        o->dampening);
    if (o->nesterov && o->momentum == 0)
        return rsl_fail(RSL_EARG, "optimizer 'sgd': nesterov needs a momentum above 0");
    if (o->nesterov && o->dampening != 0)
        return rsl_fail(RSL_EARG, "optimizer 'sgd': nesterov needs a dampening of 0, not %g",
                        o->dampening);
    if (o->dampening != 0 && o->momentum == 0)
        return rsl_fail(RSL_EARG, "optimizer 'sgd': dampening %g without momentum does nothing",
                        o->dampening);
    if (o->beta1 != 0 || o->beta2 != 0 || o->epsilon != 0)
        return rsl_fail(RSL_EARG,
                        "optimizer 'sgd' has no beta1, beta2 or epsilon; adam and adamw do");
    return o->momentum > 0 ? 1 : 0;
}

static void prepare(struct rsl_update *u, const struct rsl_optimizer_options *o, int64_t step,
                    double rate) {
    if (o->decoupled)
        u->shrink = (float)(1 - rate * o->weight_decay);
    else
        u->coupled = (float)o->weight_decay;
    u->rate = (float)rate;
    u->momentum.used = o->momentum > 0;
    u->momentum.keep = (float)o->momentum;
    u->momentum.take = step == 1 ? 1.0F : (float)(1 - o->dampening);
    u->momentum.look = o->nesterov ? 1.0F : 0.0F;
    u->momentum.along = o->nesterov ? (float)o->momentum : 1.0F;
}

static void update_plain(const struct rsl_update *u, float *restrict value,
                         const float *restrict gradient, size_t n) {
    const struct rsl_update c = *u;
    for (size_t i = 0; i < n; i++) {
        float g = c.scale * gradient[i] + c.coupled * value[i];
        value[i] = c.shrink * value[i] - c.rate * g;
    }
}

static void update_momentum(const struct rsl_update *u, float *restrict value,
                            const float *restrict gradient, float *restrict b, size_t n) {
    const struct rsl_update c = *u;
    for (size_t i = 0; i < n; i++) {
        float g = c.scale * gradient[i] + c.coupled * value[i];
        b[i] = c.momentum.keep * b[i] + c.momentum.take * g;
        value[i] = c.shrink * value[i] - c.rate * (c.momentum.look * g + c.momentum.along * b[i]);
    }
}

static void update(const struct rsl_update *u, float *value, const float *gradient,
                   float *const state[RSL_OPTIMIZER_STATES], size_t n) {
    if (u->momentum.used)
        update_momentum(u, value, gradient, state[0], n);
    else
        update_plain(u, value, gradient, n);
}

static double *momentum(struct rsl_optimizer_options *o) {
    return &o->momentum;
}

const struct rsl_optimizer_type rsl_optimizer_sgd = {
    .name = "sgd",
    .states = {"momentum"},
    .settle = settle,
    .prepare = prepare,
    .update = update,
    .momentum = momentum,
};
