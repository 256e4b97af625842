/* Celu: y = x, or alpha * (e^(x / alpha) - 1) where x < 0. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, celu, x < 0 ? (T)p[0] * expm1(x / (T)p[0]) : x)

static const struct rsl_kernels kernels = {.f32 = celu_f32, .f64 = celu_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 1)};
    return rsl_elementwise(c, &kernels, p);
}

/* dx = dy, or dy (y / alpha + 1) where x < 0 */
static int gradient(struct rsl_backward *b) {
    double alpha = (double)rsl_node_float(&b->node, "alpha", 1);
    int negative = rsl_emit_with(b, "Less", b->node.in[0], 0);
    int slope = rsl_emit_with(b, "Add", rsl_emit_with(b, "Div", b->node.out[0], alpha), 1);
    int curved = rsl_emit(b, "Mul", 2, b->dy[0], slope);
    b->dx[0] = rsl_emit(b, "Where", 3, negative, curved, b->dy[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_Celu = {
    .name = "Celu",
    .domain = "",
    .since = 12,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
