/* Acos: the arc cosine in radians; NaN outside of [-1, 1]. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, acos, acos(x))

static const struct rsl_kernels kernels = {.f32 = acos_f32, .f64 = acos_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = -dy / sqrt(1 - x^2) */
static int gradient(struct rsl_backward *b) {
    int square = rsl_emit(b, "Mul", 2, b->node.in[0], b->node.in[0]);
    int rest = rsl_emit(b, "Sub", 2, rsl_emit_number(b, 1), square);
    int quotient = rsl_emit(b, "Div", 2, b->dy[0], rsl_emit(b, "Sqrt", 1, rest));
    b->dx[0] = rsl_emit(b, "Neg", 1, quotient);
    return RSL_OK;
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
    .gradient = gradient,
};
