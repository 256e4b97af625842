/* Floor: the largest integer that is not above x. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, floor, floor(x))

static const struct rsl_kernels kernels = {.f32 = floor_f32, .f64 = floor_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Floor = {
    .name = "Floor",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = rsl_gradient_zero,
};
