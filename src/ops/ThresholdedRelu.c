/* ThresholdedRelu: y = x where x > alpha, else 0; NaN stays NaN. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, thresholdedrelu, x <= (T)p[0] ? 0 : x)

static const struct rsl_kernels kernels = {.f32 = thresholdedrelu_f32, .f64 = thresholdedrelu_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 1)};
    return rsl_elementwise(c, &kernels, p);
}

static int gradient(struct rsl_backward *b) {
    int on =
        rsl_emit_with(b, "Greater", b->node.in[0], (double)rsl_node_float(&b->node, "alpha", 1));
    b->dx[0] = rsl_emit(b, "Where", 3, on, b->dy[0], rsl_emit_number(b, 0));
    return RSL_OK;
}

const struct rsl_op rsl_op_ThresholdedRelu = {
    .name = "ThresholdedRelu",
    .domain = "",
    .since = 10,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
