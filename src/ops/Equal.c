/* Equal: true where a equals b; false where either is NaN. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_COMPARE, equal, a == b)
RSL_INTEGERS(RSL_COMPARE, equal, a == b)
RSL_COMPARE(equal_boolean, uint8_t, !a == !b)

static const struct rsl_kernels kernels = {.f32 = equal_f32,
                                           .f64 = equal_f64,
                                           .i64 = equal_i64,
                                           .u64 = equal_u64,
                                           .boolean = equal_boolean,
                                           .to_bool = true};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Equal = {
    .name = "Equal",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
