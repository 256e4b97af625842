/* OneHot: a new axis of `depth` elements that are values[0] but values[1] at the index; an index
 * outside of [-depth, depth) marks none. */
#include <string.h>

#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int infer(struct rsl_call *c) {
    const struct rsl_shape *indices = &c->in[0]->shape;
    if (rsl_tensor_count(c->in[1]) != 1)
        return rsl_fail(RSL_ESHAPE, "input 1, the depth, is not one number");
    if (rsl_tensor_count(c->in[2]) != 2)
        return rsl_fail(RSL_ESHAPE, "input 2 is not the two values off and on");
    if (indices->rank == RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the result has more than %d dimensions", RSL_MAX_RANK);
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), indices->rank + 1, false, &axis));
    struct rsl_shape s = {.rank = indices->rank + 1};
    for (int k = 0, from = 0; k < s.rank; k++)
        s.dim[k] = k == axis ? rsl_tensor_int(c->in[1], 0) : indices->dim[from++];
    return rsl_set_out(c, 0, c->in[2]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor *y = c->out[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), y->shape.rank, false, &axis));
    struct rsl_span span = rsl_span_at(&y->shape, axis);
    size_t bytes = rsl_dtype_bytes((int)y->dtype);
    const char *values = c->in[2]->data;
    rsl_fill(y->data, values, rsl_tensor_count(y), bytes);
    for (int64_t o = 0; o < span.outer; o++)
        for (int64_t i = 0; i < span.inner; i++) {
            int64_t at = rsl_tensor_int(c->in[0], o * span.inner + i);
            if (at < -span.n || at >= span.n) continue;
            if (at < 0) at += span.n;
            memcpy((char *)y->data + (size_t)((o * span.n + at) * span.inner + i) * bytes,
                   values + bytes, bytes);
        }
    return RSL_OK;
}

/* The sum of dy over the places of one of the two values: where `values` would be 1 for it, and 0
 * for the other. */
static int gradient(struct rsl_backward *b) {
    const struct rsl_shape y = rsl_backward_out(b, 0)->shape, two = {1, {2}}, one = {1, {1}};
    int64_t axes[RSL_MAX_RANK];
    int sums[2];
    for (int k = 0; k < y.rank; k++) axes[k] = k;
    for (int i = 0; i < 2; i++) {
        const double values[2] = {i == 0, i == 1};
        int chosen = rsl_emit_constant(b, &two, values, false);
        int marks = rsl_emit(b, "OneHot", 3, b->node.in[0], b->node.in[1], chosen);
        rsl_emit_int(b, "axis", rsl_node_int(&b->node, "axis", -1));
        int product = rsl_emit(b, "Mul", 2, b->dy[0], marks);
        int sum = rsl_emit_reduce_sum(b, product, axes, (size_t)y.rank, false);
        sums[i] = rsl_emit_reshape(b, sum, &one);
    }
    int dx = rsl_emit(b, "Concat", 2, sums[0], sums[1]);
    rsl_emit_int(b, "axis", 0);
    b->dx[2] = rsl_emit_reshape(b, dx, &rsl_backward_in(b, 2)->shape);
    return RSL_OK;
}

const struct rsl_op rsl_op_OneHot = {
    .name = "OneHot",
    .domain = "",
    .since = 9,
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
