/* Sum: the elementwise sum of one or more tensors, with broadcasting; integers wrap. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, sum, a + b)
RSL_INTEGERS(RSL_BINARY, sum, (uint64_t)a + (uint64_t)b)

static const struct rsl_kernels kernels = {
    .f32 = sum_f32, .f64 = sum_f64, .i64 = sum_i64, .u64 = sum_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_fold(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_fold(c, &kernels, NULL, NULL);
}

const struct rsl_op rsl_op_Sum = {
    .name = "Sum",
    .domain = "",
    .in_min = 1,
    .in_max = RSL_MANY,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
