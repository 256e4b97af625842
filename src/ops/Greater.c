/* Greater: true where a is greater than b; false where either is NaN. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_COMPARE, greater, a > b)
RSL_INTEGERS(RSL_COMPARE, greater, a > b)

static const struct rsl_kernels kernels = {.f32 = greater_f32,
                                           .f64 = greater_f64,
                                           .i64 = greater_i64,
                                           .u64 = greater_u64,
                                           .to_bool = true};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Greater = {
    .name = "Greater",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
