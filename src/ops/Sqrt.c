/* Sqrt: the square root; NaN for negative x. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, sqrt, sqrt(x))

static const struct rsl_kernels kernels = {.f32 = sqrt_f32, .f64 = sqrt_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy / 2 y */
static int gradient(struct rsl_backward *b) {
    int half = rsl_emit_with(b, "Mul", b->dy[0], 0.5);
    b->dx[0] = rsl_emit(b, "Div", 2, half, b->node.out[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_Sqrt = {
    .name = "Sqrt",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
