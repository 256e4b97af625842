/* LpPoolGrad (domain resile): inputs dY, X; attributes of LpPool. Element x under a window of norm
 * n gets dy sign(x) (|x| / n)^(p-1). */
#include "ops/pool_gradient.h"
#include "ops/pool_norm.h"

#include <math.h>

static void share(const struct rsl_pool_spread *s) {
    double p = (double)rsl_node_int(s->node, "p", 2), sum = 0;
    for (int64_t i = 0; i < s->n; i++) sum += pow(fabs(s->x[s->places[i]]), p);
    double norm = pow(sum, 1 / p);
    for (int64_t i = 0; i < s->n && norm != 0; i++) {
        double x = s->x[s->places[i]];
        s->dx[s->places[i]] += s->dy * copysign(pow(fabs(x) / norm, p - 1), x) * (x != 0);
    }
}

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_norm(c));
    return rsl_pool_grad_infer(c);
}

static int forward(const struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_grad_geometry(&g, c, &c->in[1]->shape));
    rsl_pool_backward(c, &g, c->in[1], share);
    return RSL_OK;
}

const struct rsl_op rsl_op_LpPoolGrad = {
    .name = "LpPoolGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
