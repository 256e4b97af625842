/* Sign: -1, 0 or 1. NaN stays NaN. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, sign, x > 0 ? 1 : x < 0 ? -1 : x)
RSL_UNARY(sign_i64, int64_t, (x > 0) - (x < 0))
RSL_UNARY(sign_u64, uint64_t, x > 0)

static const struct rsl_kernels kernels = {
    .f32 = sign_f32, .f64 = sign_f64, .i64 = sign_i64, .u64 = sign_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Sign = {
    .name = "Sign",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = rsl_gradient_zero,
};
