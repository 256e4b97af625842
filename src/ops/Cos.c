/* Cos: the cosine of x radians. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, cos, cos(x))

static const struct rsl_kernels kernels = {.f32 = cos_f32, .f64 = cos_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Cos = {
    .name = "Cos",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
