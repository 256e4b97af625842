/* Not: the negation of a bool. */
#include "ops/elementwise.h"

RSL_TEST(not_boolean, uint8_t, !x)

static const struct rsl_kernels kernels = {.boolean = not_boolean};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Not = {
    .name = "Not",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
