/* ArgMax: index of the largest element along `axis`. */
#include "ops/arg.h"

static int forward(const struct rsl_call *c) {
    return rsl_arg_forward(c, true);
}

const struct rsl_op rsl_op_ArgMax = {
    .name = "ArgMax",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_arg_infer,
    .forward = forward,
};
