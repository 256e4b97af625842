/* Sigmoid: y = 1 / (1 + e^-x). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, sigmoid, 1 / (1 + exp(-x)))

static const struct rsl_kernels kernels = {.f32 = sigmoid_f32, .f64 = sigmoid_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy y (1 - y) */
static int gradient(struct rsl_backward *b) {
    int y = b->node.out[0];
    int rest = rsl_emit(b, "Sub", 2, rsl_emit_number(b, 1), y);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], rsl_emit(b, "Mul", 2, y, rest));
    return RSL_OK;
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
    .gradient = gradient,
};
