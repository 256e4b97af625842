/* Adam (Kingma & Ba 2015) as torch.optim.Adam, weight decay through the gradient, and AdamW
 * (Loshchilov & Hutter 2019) as torch.optim.AdamW, weight decay apart from it. */
#include "base/status.h"
#include "train/optimizer_int.h"

#include <math.h>

static int settle_moments(const char *name, struct rsl_optimizer_options *o) {
    if (o->beta1 == 0) o->beta1 = 0.9;
    if (o->beta2 == 0) o->beta2 = 0.999;
    if (o->epsilon == 0) o->epsilon = 1e-8;
    RSL_TRY(rsl_optimizer_below_one(name, "beta1", o->beta1));
    RSL_TRY(rsl_optimizer_below_one(name, "beta2", o->beta2));
    if (!((float)o->epsilon > 0 && isfinite(o->epsilon)))
        return rsl_fail(RSL_EARG, "optimizer '%s': epsilon is %g, it must be above 0", name,
                        o->epsilon);
    if (o->momentum != 0 || o->nesterov || o->dampening != 0)
        return rsl_fail(RSL_EARG,
                        "optimizer '%s' has no momentum, nesterov or dampening; sgd does, and "
                        "beta1 is what comes near",
                        name);
    return 2;
}

static int settle_adam(struct rsl_optimizer_options *o) {
    if (o->decoupled)
        return rsl_fail(RSL_EARG, "optimizer 'adam' with decoupled weight decay is called adamw");
    return settle_moments("adam", o);
}

static int settle_adamw(struct rsl_optimizer_options *o) {
    o->decoupled = true;
    return settle_moments("adamw", o);
}

static void prepare(struct rsl_update *u, const struct rsl_optimizer_options *o, int64_t step,
                    double rate) {
    double correction = 1 - pow(o->beta1, (double)step);
    double correction_sq = 1 - pow(o->beta2, (double)step);
    if (o->decoupled)
        u->shrink = (float)(1 - rate * o->weight_decay);
    else
        u->coupled = (float)o->weight_decay;
    u->rate = (float)(rate / correction);
    u->moments.keep = (float)o->beta1;
    u->moments.take = (float)(1 - o->beta1);
    u->moments.keep_sq = (float)o->beta2;
    u->moments.take_sq = (float)(1 - o->beta2);
    u->moments.root = (float)(1 / sqrt(correction_sq));
    u->moments.epsilon = (float)o->epsilon;
}

static void update_moments(const struct rsl_update *u, float *restrict value,
                           const float *restrict gradient, float *restrict m, float *restrict v,
                           size_t n) {
    const struct rsl_update c = *u;
    for (size_t i = 0; i < n; i++) {
        float g = c.scale * gradient[i] + c.coupled * value[i];
        m[i] = c.moments.keep * m[i] + c.moments.take * g;
        v[i] = c.moments.keep_sq * v[i] + c.moments.take_sq * g * g;
        float divisor = sqrtf(v[i]) * c.moments.root + c.moments.epsilon;
        value[i] = c.shrink * value[i] - c.rate * m[i] / divisor;
    }
}

static void update(const struct rsl_update *u, float *value, const float *gradient,
                   float *const state[RSL_OPTIMIZER_STATES], size_t n) {
    update_moments(u, value, gradient, state[0], state[1], n);
}

static double *momentum(struct rsl_optimizer_options *o) {
    return &o->beta1;
}

const struct rsl_optimizer_type rsl_optimizer_adam = {
    .name = "adam",
    .states = {"exp_avg", "exp_avg_sq"},
    .settle = settle_adam,
    .prepare = prepare,
    .update = update,
    .momentum = momentum,
};

const struct rsl_optimizer_type rsl_optimizer_adamw = {
    .name = "adamw",
    .states = {"exp_avg", "exp_avg_sq"},
    .settle = settle_adamw,
    .prepare = prepare,
    .update = update,
    .momentum = momentum,
};
