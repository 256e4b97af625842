/* GlobalLpPool: the p-norm of each channel's image. */
#include "ops/pool_norm.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_norm(c));
    return rsl_global_pool_infer(c);
}

static int forward(const struct rsl_call *c) {
    return rsl_global_pool_forward(c, rsl_pool_norm);
}

const struct rsl_op rsl_op_GlobalLpPool = {
    .name = "GlobalLpPool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
