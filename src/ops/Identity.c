/* Identity: y = x. */
#include "graph/gradient.h"
#include "ops/op.h"

static int infer(struct rsl_call *c) {
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    rsl_tensor_cast(c->in[0], c->out[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_Identity = {
    .name = "Identity",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .alias = true,
    .infer = infer,
    .forward = forward,
    .gradient = rsl_gradient_identity,
};
