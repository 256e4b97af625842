/* HardSigmoid: y = alpha * x + beta, cut to [0, 1]. NaN stays NaN. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, hardsigmoid, RSL_CUT((T)p[0] * x + (T)p[1]))

static const struct rsl_kernels kernels = {.f32 = hardsigmoid_f32, .f64 = hardsigmoid_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 0.2f),
                        rsl_node_float(c->node, "beta", 0.5f)};
    return rsl_elementwise(c, &kernels, p);
}

/* dx = alpha dy where 0 < y < 1 */
static int gradient(struct rsl_backward *b) {
    double alpha = (double)rsl_node_float(&b->node, "alpha", 0.2f);
    int above = rsl_emit_with(b, "Greater", b->node.out[0], 0);
    int below = rsl_emit_with(b, "Less", b->node.out[0], 1);
    int inside = rsl_emit(b, "And", 2, above, below);
    int scaled = rsl_emit_with(b, "Mul", b->dy[0], alpha);
    b->dx[0] = rsl_emit(b, "Where", 3, inside, scaled, rsl_emit_number(b, 0));
    return RSL_OK;
}

const struct rsl_op rsl_op_HardSigmoid = {
    .name = "HardSigmoid",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
