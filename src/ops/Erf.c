/* Erf: the error function, 2/sqrt(pi) * integral of exp(-t^2) from 0 to x. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, erf, erf(x))

static const struct rsl_kernels kernels = {.f32 = erf_f32, .f64 = erf_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Erf = {
    .name = "Erf",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
