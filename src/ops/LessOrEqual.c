/* LessOrEqual: true where a is at most b; false where either is NaN. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_COMPARE, lessorequal, a <= b)
RSL_INTEGERS(RSL_COMPARE, lessorequal, a <= b)

static const struct rsl_kernels kernels = {.f32 = lessorequal_f32,
                                           .f64 = lessorequal_f64,
                                           .i64 = lessorequal_i64,
                                           .u64 = lessorequal_u64,
                                           .to_bool = true};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_LessOrEqual = {
    .name = "LessOrEqual",
    .domain = "",
    .since = 12,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
