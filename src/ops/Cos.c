/* Cos: the cosine of x radians. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, cos, cos(x))

static const struct rsl_kernels kernels = {.f32 = cos_f32, .f64 = cos_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    int product = rsl_emit(b, "Mul", 2, b->dy[0], rsl_emit(b, "Sin", 1, b->node.in[0]));
    b->dx[0] = rsl_emit(b, "Neg", 1, product);
    return RSL_OK;
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
    .gradient = gradient,
};
