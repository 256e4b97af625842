/* NonZero: the coordinates of the elements that are not zero, as an i64 matrix [rank, count]; a
 * scalar counts as one dimension. */
#include "ops/op.h"
#include "ops/strided.h"

static int infer(struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int64_t count = rsl_tensor_count(x), dims[2] = {x->shape.rank ? x->shape.rank : 1, 0};
    for (int64_t i = 0; i < count; i++) dims[1] += rsl_tensor_double(x, i) != 0;
    struct rsl_shape s = rsl_shape_of(2, dims);
    return rsl_set_out(c, 0, RSL_i64, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int64_t count = rsl_tensor_count(x), found = c->out[0]->shape.dim[1], column = 0;
    int64_t index[RSL_MAX_RANK] = {0}, *to = c->out[0]->data;
    for (int64_t i = 0; i < count; i++, rsl_step(x->shape.rank, x->shape.dim, index)) {
        if (rsl_tensor_double(x, i) == 0) continue;
        for (int64_t k = 0; k < c->out[0]->shape.dim[0]; k++) to[k * found + column] = index[k];
        column++;
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_NonZero = {
    .name = "NonZero",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 0,
    .infer = infer,
    .forward = forward,
};
