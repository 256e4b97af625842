/* HardSigmoid: y = alpha * x + beta, cut to [0, 1]. NaN stays NaN. */
#include "ops/elementwise.h"

#define CUT(x) ((x) < 0 ? 0 : (x) > 1 ? 1 : (x))

RSL_FLOATS(RSL_UNARY, hardsigmoid, CUT((T)p[0] * x + (T)p[1]))

static const struct rsl_kernels kernels = {.f32 = hardsigmoid_f32, .f64 = hardsigmoid_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 0.2f),
                        rsl_node_float(c->node, "beta", 0.5f)};
    return rsl_elementwise(c, &kernels, p);
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
};
