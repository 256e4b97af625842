/* Acos: the arc cosine in radians; NaN outside of [-1, 1]. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, acos, acos(x))

static const struct rsl_kernels kernels = {.f32 = acos_f32, .f64 = acos_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Acos = {
    .name = "Acos",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
