/* GlobalLpPool: the p-norm of each channel's image. */
#include "graph/gradient.h"
#include "ops/pool_norm.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_norm(c));
    return rsl_global_pool_infer(c);
}

static int forward(const struct rsl_call *c) {
    return rsl_global_pool_forward(c, rsl_pool_norm);
}

/* dx = dy sign(x) (|x| / y)^(p - 1) */
static int gradient(struct rsl_backward *b) {
    double p = (double)rsl_node_int(&b->node, "p", 2);
    int x = b->node.in[0], y = b->node.out[0];
    int slope = rsl_emit(b, "Sign", 1, x);
    if (p != 1) {
        int is_zero = rsl_emit_with(b, "Equal", y, 0);
        int divisor = rsl_emit(b, "Where", 3, is_zero, rsl_emit_number(b, 1), y);
        int share = rsl_emit(b, "Div", 2, rsl_emit(b, "Abs", 1, x), divisor);
        if (p != 2) share = rsl_emit_with(b, "Pow", share, p - 1);
        slope = rsl_emit(b, "Mul", 2, slope, share);
    }
    b->dx[0] = rsl_emit(b, "Mul", 2, slope, b->dy[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_GlobalLpPool = {
    .name = "GlobalLpPool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
