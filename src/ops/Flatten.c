/* Flatten: a matrix of the dimensions before `axis` times those from it on. */
#include "graph/gradient.h"
#include "ops/op.h"

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 1), x->rank, true, &axis));
    int64_t dims[2] = {rsl_shape_span(x, 0, axis), rsl_shape_span(x, axis, x->rank)};
    struct rsl_shape s = rsl_shape_of(2, dims);
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

const struct rsl_op rsl_op_Flatten = {
    .name = "Flatten",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .alias = true,
    .infer = infer,
    .forward = rsl_forward_copy,
    .gradient = rsl_gradient_reshape,
};
