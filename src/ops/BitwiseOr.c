/* BitwiseOr: bits set in either operand. */
#include "ops/elementwise.h"

RSL_INTEGERS(RSL_BINARY, bitwiseor, a | b)

static const struct rsl_kernels kernels = {.i64 = bitwiseor_i64, .u64 = bitwiseor_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_BitwiseOr = {
    .name = "BitwiseOr",
    .domain = "",
    .since = 18,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
