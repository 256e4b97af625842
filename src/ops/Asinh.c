/* Asinh: the inverse hyperbolic sine. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, asinh, asinh(x))

static const struct rsl_kernels kernels = {.f32 = asinh_f32, .f64 = asinh_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy / sqrt(x^2 + 1) */
static int gradient(struct rsl_backward *b) {
    int square = rsl_emit(b, "Mul", 2, b->node.in[0], b->node.in[0]);
    int root = rsl_emit(b, "Sqrt", 1, rsl_emit_with(b, "Add", square, 1));
    b->dx[0] = rsl_emit(b, "Div", 2, b->dy[0], root);
    return RSL_OK;
}

const struct rsl_op rsl_op_Asinh = {
    .name = "Asinh",
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
