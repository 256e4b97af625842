/* ReluGrad (domain resile): dx = dy where y > 0, else 0; inputs dy and Relu's output y. Where y is
 * NaN the gradient passes, so that the damage shows. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, relu_grad, b <= 0 ? 0 : a)

static const struct rsl_kernels kernels = {.f32 = relu_grad_f32, .f64 = relu_grad_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_ReluGrad = {
    .name = "ReluGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
