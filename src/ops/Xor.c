/* Xor: true where exactly one of two bools is. */
#include "ops/elementwise.h"

RSL_COMPARE(xor_boolean, uint8_t, !a != !b)

static const struct rsl_kernels kernels = {.boolean = xor_boolean};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Xor = {
    .name = "Xor",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
