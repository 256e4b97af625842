/* Min: the elementwise minimum of one or more tensors, with broadcasting. NaN if any is NaN. */
#include "ops/elementwise.h"
#include "ops/extremum.h"

RSL_FLOATS(RSL_BINARY, min, a < b || a != a ? a : b)
RSL_INTEGERS(RSL_BINARY, min, a < b ? a : b)

static const struct rsl_kernels kernels = {
    .f32 = min_f32, .f64 = min_f64, .i64 = min_i64, .u64 = min_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_fold(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_fold(c, &kernels, NULL, NULL);
}

const struct rsl_op rsl_op_Min = {
    .name = "Min",
    .domain = "",
    .in_min = 1,
    .in_max = RSL_MANY,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = rsl_gradient_extremum,
};
