/* CastLike: Cast to the type of input 1. */
#include "graph/gradient.h"
#include "ops/op.h"

static int infer(struct rsl_call *c) {
    return rsl_set_out(c, 0, c->in[1]->dtype, &c->in[0]->shape);
}

static int forward(const struct rsl_call *c) {
    rsl_tensor_cast(c->in[0], c->out[0]);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit_cast(b, b->dy[0], rsl_backward_in(b, 0)->dtype);
    return RSL_OK;
}

const struct rsl_op rsl_op_CastLike = {
    .name = "CastLike",
    .domain = "",
    .since = 15,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
