/* Mish: y = x * tanh(softplus(x)) (Misra 2019). */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, mish, x *tanh(x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))))

static const struct rsl_kernels kernels = {.f32 = mish_f32, .f64 = mish_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Mish = {
    .name = "Mish",
    .domain = "",
    .since = 18,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
