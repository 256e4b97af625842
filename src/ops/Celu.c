/* Celu: y = x, or alpha * (e^(x / alpha) - 1) where x < 0. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, celu, x < 0 ? (T)p[0] * expm1(x / (T)p[0]) : x)

static const struct rsl_kernels kernels = {.f32 = celu_f32, .f64 = celu_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 1)};
    return rsl_elementwise(c, &kernels, p);
}

const struct rsl_op rsl_op_Celu = {
    .name = "Celu",
    .domain = "",
    .since = 12,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
