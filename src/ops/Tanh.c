/* Tanh: the hyperbolic tangent. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, tanh, tanh(x))

static const struct rsl_kernels kernels = {.f32 = tanh_f32, .f64 = tanh_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Tanh = {
    .name = "Tanh",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
