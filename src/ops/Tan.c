/* Tan: the tangent of x radians. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, tan, tan(x))

static const struct rsl_kernels kernels = {.f32 = tan_f32, .f64 = tan_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy (1 + y^2) */
static int gradient(struct rsl_backward *b) {
    int square = rsl_emit(b, "Mul", 2, b->node.out[0], b->node.out[0]);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], rsl_emit_with(b, "Add", square, 1));
    return RSL_OK;
}

const struct rsl_op rsl_op_Tan = {
    .name = "Tan",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
