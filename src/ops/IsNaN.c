/* IsNaN: true where x is not a number. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_TEST, isnan, x != x)

static const struct rsl_kernels kernels = {.f32 = isnan_f32, .f64 = isnan_f64, .to_bool = true};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_IsNaN = {
    .name = "IsNaN",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
