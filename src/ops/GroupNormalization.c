/* GroupNormalization: Y = scale * (X - mean) / sqrt(var + epsilon) + bias, with mean and population
 * variance of each group of channels of each image; scale and bias [num_groups], from opset 21 on
 * [C]. */
#include "graph/gradient.h"
#include "ops/group_norm.h"

#include <inttypes.h>

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 2, RSL_MAX_RANK));
    int64_t groups = rsl_node_int(c->node, "num_groups", 0), channels = c->in[0]->shape.dim[1];
    if (groups < 1 || channels % groups != 0)
        return rsl_fail(RSL_ESHAPE, "num_groups %" PRId64 " does not divide %" PRId64 " channels",
                        groups, channels);
    return rsl_group_norm_infer(c, groups, c->opset < 21 ? groups : channels);
}

static int forward(const struct rsl_call *c) {
    rsl_group_norm_forward(c, rsl_node_int(c->node, "num_groups", 0), RSL_VARIANCE_MOMENTS);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    rsl_group_norm_gradient(b, rsl_node_int(&b->node, "num_groups", 0));
    return RSL_OK;
}

const struct rsl_op rsl_op_GroupNormalization = {
    .name = "GroupNormalization",
    .domain = "",
    .since = 18,
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
