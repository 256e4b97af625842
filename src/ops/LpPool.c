/* LpPool: the p-norm of the elements under each window, (sum |x|^p)^(1/p). */
#include "graph/gradient.h"
#include "ops/pool_norm.h"

static int infer(struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_norm(c));
    RSL_TRY(rsl_pool_geometry(&g, c));
    struct rsl_shape out = rsl_pool_out_shape(&g);
    c->scratch_size = rsl_pool_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_geometry(&g, c));
    rsl_pool_forward(c, &g, rsl_pool_norm, NULL);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "LpPoolGrad", 2, b->dy[0], b->node.in[0]);
    rsl_emit_attributes(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_LpPool = {
    .name = "LpPool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
