/* Round: to the nearest integer, halves to the even one (the default rounding of IEEE 754). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, round, rint(x))

static const struct rsl_kernels kernels = {.f32 = round_f32, .f64 = round_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Round = {
    .name = "Round",
    .domain = "",
    .since = 11,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = rsl_gradient_zero,
};
