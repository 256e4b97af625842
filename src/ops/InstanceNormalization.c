/* InstanceNormalization: Y = scale * (X - mean) / sqrt(var + epsilon) + B, with mean and population
 * variance of each channel of each image; scale and B [C]. */
#include "graph/gradient.h"
#include "ops/group_norm.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 3, RSL_MAX_RANK));
    int64_t channels = c->in[0]->shape.dim[1];
    return rsl_group_norm_infer(c, channels, channels);
}

static int forward(const struct rsl_call *c) {
    rsl_group_norm_forward(c, c->in[0]->shape.dim[1], RSL_VARIANCE_CENTRED);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    rsl_group_norm_gradient(b, rsl_backward_in(b, 0)->shape.dim[1]);
    return RSL_OK;
}

const struct rsl_op rsl_op_InstanceNormalization = {
    .name = "InstanceNormalization",
    .domain = "",
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
