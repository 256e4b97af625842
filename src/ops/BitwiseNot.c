/* BitwiseNot: the complement of every bit. */
#include "ops/elementwise.h"

RSL_INTEGERS(RSL_UNARY, bitwisenot, ~x)

static const struct rsl_kernels kernels = {.i64 = bitwisenot_i64, .u64 = bitwisenot_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_BitwiseNot = {
    .name = "BitwiseNot",
    .domain = "",
    .since = 18,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
