/* LeakyRelu: y = x, or alpha * x where x < 0. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, leakyrelu, x < 0 ? (T)p[0] * x : x)

static const struct rsl_kernels kernels = {.f32 = leakyrelu_f32, .f64 = leakyrelu_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 0.01f)};
    return rsl_elementwise(c, &kernels, p);
}

static int gradient(struct rsl_backward *b) {
    double alpha = (double)rsl_node_float(&b->node, "alpha", 0.01f);
    int negative = rsl_emit_with(b, "Less", b->node.in[0], 0);
    int leak = rsl_emit_with(b, "Mul", b->dy[0], alpha);
    b->dx[0] = rsl_emit(b, "Where", 3, negative, leak, b->dy[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_LeakyRelu = {
    .name = "LeakyRelu",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
