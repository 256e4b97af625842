/* Softsign: y = x / (1 + |x|). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, softsign, x / (1 + fabs(x)))

static const struct rsl_kernels kernels = {.f32 = softsign_f32, .f64 = softsign_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy (1 - |y|)^2 */
static int gradient(struct rsl_backward *b) {
    int size = rsl_emit(b, "Abs", 1, b->node.out[0]);
    int rest = rsl_emit(b, "Sub", 2, rsl_emit_number(b, 1), size);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], rsl_emit(b, "Mul", 2, rest, rest));
    return RSL_OK;
}

const struct rsl_op rsl_op_Softsign = {
    .name = "Softsign",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
