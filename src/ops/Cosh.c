/* Cosh: the hyperbolic cosine. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, cosh, cosh(x))

static const struct rsl_kernels kernels = {.f32 = cosh_f32, .f64 = cosh_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], rsl_emit(b, "Sinh", 1, b->node.in[0]));
    return RSL_OK;
}

const struct rsl_op rsl_op_Cosh = {
    .name = "Cosh",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
