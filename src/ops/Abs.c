/* Abs: y = |x|. The least value of a signed type has no counterpart and stays as it is. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, abs, fabs(x))
RSL_UNARY(abs_i64, int64_t, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
RSL_UNARY(abs_u64, uint64_t, x)

static const struct rsl_kernels kernels = {
    .f32 = abs_f32, .f64 = abs_f64, .i64 = abs_i64, .u64 = abs_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], rsl_emit(b, "Sign", 1, b->node.in[0]));
    return RSL_OK;
}

const struct rsl_op rsl_op_Abs = {
    .name = "Abs",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
