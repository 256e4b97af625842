/* Scatter: the name of ScatterElements in opsets 9 and 10; deprecated later but still met. */
#include "ops/op.h"

extern const struct rsl_op rsl_op_ScatterElements;

static int infer(struct rsl_call *c) {
    return rsl_op_ScatterElements.infer(c);
}

static int forward(const struct rsl_call *c) {
    return rsl_op_ScatterElements.forward(c);
}

static int gradient(struct rsl_backward *b) {
    return rsl_op_ScatterElements.gradient(b);
}

const struct rsl_op rsl_op_Scatter = {
    .name = "Scatter",
    .domain = "",
    .since = 9,
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
