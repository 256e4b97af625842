/* AveragePoolGrad (domain resile): input dY; attributes of AveragePool, and "shape", that of X.
 * Each element under a window gets an equal share. */
#include "ops/pool_gradient.h"

static void share(const struct rsl_pool_spread *s) {
    double parts = (double)(rsl_node_int(s->node, "count_include_pad", 0) ? s->padded : s->n);
    for (int64_t i = 0; i < s->n; i++) s->dx[s->places[i]] += s->dy / parts;
}

static int layout(struct rsl_pool_geometry *g, const struct rsl_call *c, struct rsl_shape *x) {
    RSL_TRY(rsl_need_shape(c, x));
    if (x->rank < 3) return rsl_fail(RSL_ESHAPE, "attribute shape has %d dimensions", x->rank);
    return rsl_pool_grad_geometry(g, c, x);
}

static int infer(struct rsl_call *c) {
    struct rsl_pool_geometry g;
    struct rsl_shape x;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(layout(&g, c, &x));
    c->scratch_size = rsl_pool_grad_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &x);
}

static int forward(const struct rsl_call *c) {
    struct rsl_pool_geometry g;
    struct rsl_shape x;
    RSL_TRY(layout(&g, c, &x));
    rsl_pool_backward(c, &g, NULL, share);
    return RSL_OK;
}

const struct rsl_op rsl_op_AveragePoolGrad = {
    .name = "AveragePoolGrad",
    .domain = "resile",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
