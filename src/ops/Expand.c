/* Expand: NumPy broadcasting of the input with the shape in input 1. */
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int infer(struct rsl_call *c) {
    struct rsl_list to;
    RSL_TRY(rsl_read_list(c, "shape", 1, 0, &to));
    if (to.n > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the new shape has %d dimensions, at most %d are offered",
                        to.n, RSL_MAX_RANK);
    struct rsl_shape wanted = rsl_shape_of(to.n, to.at), s;
    RSL_TRY(rsl_shape_check(&wanted));
    RSL_TRY(rsl_broadcast(&c->in[0]->shape, &wanted, &s));
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor *y = c->out[0];
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK];
    rsl_strides(&y->shape, to);
    rsl_broadcast_strides(&c->in[0]->shape, &y->shape, from);
    struct rsl_walk w = {.rank = 0};
    for (int k = 0; k < y->shape.rank; k++) rsl_walk_add(&w, y->shape.dim[k], to[k], from[k]);
    rsl_copy_strided(&w, y->data, c->in[0]->data, rsl_dtype_bytes((int)y->dtype));
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit_sum_to(b, b->dy[0], 0);
    return RSL_OK;
}

const struct rsl_op rsl_op_Expand = {
    .name = "Expand",
    .domain = "",
    .since = 8,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
