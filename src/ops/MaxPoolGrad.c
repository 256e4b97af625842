/* MaxPoolGrad (domain resile): inputs dY and X; attributes of MaxPool. Each window's gradient goes
 * to the element that MaxPool picked: the first of the largest, or the first NaN. */
#include "ops/pool_gradient.h"

#include <math.h>

static void to_largest(const struct rsl_pool_spread *s) {
    if (s->n == 0) return;
    int64_t best = s->places[0];
    for (int64_t i = 1; i < s->n; i++) {
        double v = s->x[s->places[i]], top = s->x[best];
        if (v > top || (isnan(v) && !isnan(top))) best = s->places[i];
    }
    s->dx[best] += s->dy;
}

static int forward(const struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_grad_geometry(&g, c, &c->in[1]->shape));
    rsl_pool_backward(c, &g, c->in[1], to_largest);
    return RSL_OK;
}

const struct rsl_op rsl_op_MaxPoolGrad = {
    .name = "MaxPoolGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_pool_grad_infer,
    .forward = forward,
};
