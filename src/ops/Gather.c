/* Gather: slices of input 0 along `axis`, chosen by the indices in input 1. */
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/scatter.h"

#include <string.h>

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape, *indices = &c->in[1]->shape;
    int axis;
    RSL_TRY(rsl_need_dtype(c, 1, "i32 i64"));
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->rank, false, &axis));
    if (x->rank - 1 + indices->rank > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the result has %d dimensions, at most %d are offered",
                        x->rank - 1 + indices->rank, RSL_MAX_RANK);
    struct rsl_shape s = {.rank = 0};
    for (int k = 0; k < axis; k++) s.dim[s.rank++] = x->dim[k];
    for (int k = 0; k < indices->rank; k++) s.dim[s.rank++] = indices->dim[k];
    for (int k = axis + 1; k < x->rank; k++) s.dim[s.rank++] = x->dim[k];
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->shape.rank, false, &axis));
    struct rsl_span span = rsl_span_at(&x->shape, axis);
    int64_t count = rsl_tensor_count(c->in[1]);
    size_t bytes = (size_t)span.inner * rsl_dtype_bytes((int)x->dtype);
    for (int64_t k = 0; k < count; k++) {
        int64_t index;
        RSL_TRY(rsl_read_index(c, 1, k, span.n, &index));
        for (int64_t o = 0; bytes && o < span.outer; o++)
            memcpy((char *)c->out[0]->data + (size_t)(o * count + k) * bytes,
                   (const char *)x->data + (size_t)(o * span.n + index) * bytes, bytes);
    }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(&b->node, "axis", 0), x.rank, false, &axis));
    b->dx[0] = rsl_emit_put_back(b, b->dy[0], rsl_emit_indices(b), rsl_span_at(&x, axis), &x);
    return RSL_OK;
}

const struct rsl_op rsl_op_Gather = {
    .name = "Gather",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
