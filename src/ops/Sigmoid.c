/* Sigmoid: y = 1 / (1 + e^-x). */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, sigmoid, 1 / (1 + exp(-x)))

static const struct rsl_kernels kernels = {.f32 = sigmoid_f32, .f64 = sigmoid_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Sigmoid = {
    .name = "Sigmoid",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
