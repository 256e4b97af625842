/* IsInf: true where x is infinite, of the signs that detect_positive and detect_negative admit. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_TEST, isinf, isinf(x) && (x > 0 ? p[0] : p[1]) != 0)

static const struct rsl_kernels kernels = {.f32 = isinf_f32, .f64 = isinf_f64, .to_bool = true};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {(double)rsl_node_int(c->node, "detect_positive", 1),
                        (double)rsl_node_int(c->node, "detect_negative", 1)};
    return rsl_elementwise(c, &kernels, p);
}

const struct rsl_op rsl_op_IsInf = {
    .name = "IsInf",
    .domain = "",
    .since = 10,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
