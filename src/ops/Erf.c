/* Erf: the error function, 2/sqrt(pi) * integral of exp(-t^2) from 0 to x. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, erf, erf(x))

static const struct rsl_kernels kernels = {.f32 = erf_f32, .f64 = erf_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy 2 / sqrt(pi) e^(-x^2) */
static int gradient(struct rsl_backward *b) {
    int square = rsl_emit(b, "Mul", 2, b->node.in[0], b->node.in[0]);
    int bell = rsl_emit(b, "Exp", 1, rsl_emit(b, "Neg", 1, square));
    int slope = rsl_emit_with(b, "Mul", bell, 1.12837916709551257390);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], slope);
    return RSL_OK;
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
    .gradient = gradient,
};
