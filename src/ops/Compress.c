/* Compress: the slices along `axis`, or the elements of the flattened input when it is left out, at
 * which the condition (input 1) is true. */
#include <string.h>

#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/scatter.h"

static int span_of(const struct rsl_call *c, int *axis, struct rsl_span *span) {
    const struct rsl_shape *x = &c->in[0]->shape;
    *axis = -1;
    *span = (struct rsl_span){1, rsl_shape_count(x), 1};
    if (!rsl_node_attr(c->node, "axis")) return RSL_OK;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->rank, false, axis));
    *span = rsl_span_at(x, *axis);
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    int axis;
    struct rsl_span span;
    RSL_TRY(rsl_need_dtype(c, 1, "bool"));
    RSL_TRY(rsl_need_rank(c, 1, 1, 1));
    RSL_TRY(span_of(c, &axis, &span));
    int64_t n = rsl_tensor_count(c->in[1]), kept = 0;
    if (n > span.n)
        return rsl_fail(RSL_ESHAPE, "the condition has %lld elements for %lld slices", (long long)n,
                        (long long)span.n);
    for (int64_t k = 0; k < n; k++) kept += rsl_tensor_int(c->in[1], k);
    struct rsl_shape s = axis < 0 ? rsl_shape_of(1, &kept) : c->in[0]->shape;
    if (axis >= 0) s.dim[axis] = kept;
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    int axis;
    struct rsl_span span;
    RSL_TRY(span_of(c, &axis, &span));
    size_t slice = (size_t)span.inner * rsl_dtype_bytes((int)c->in[0]->dtype);
    int64_t n = rsl_tensor_count(c->in[1]);
    char *to = c->out[0]->data;
    for (int64_t o = 0; o < span.outer; o++)
        for (int64_t k = 0; slice && k < n; k++) {
            if (!rsl_tensor_int(c->in[1], k)) continue;
            memcpy(to, (const char *)c->in[0]->data + (size_t)(o * span.n + k) * slice, slice);
            to += slice;
        }
    return RSL_OK;
}

/* The kept slices back to their places. */
static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_span span;
    int axis;
    const struct rsl_call *c = rsl_backward_call(b, &again);
    RSL_TRY(span_of(c, &axis, &span));
    int64_t n = rsl_tensor_count(c->in[1]);
    int64_t *kept = rsl_arena_array(&b->graph->arena, (size_t)n, sizeof *kept);
    if (!kept) return RSL_ENOMEM;
    size_t count = 0;
    for (int64_t k = 0; k < n; k++)
        if (rsl_tensor_int(c->in[1], k)) kept[count++] = k;
    int indices = rsl_emit_list(b, kept, count);
    b->dx[0] = rsl_emit_put_back(b, b->dy[0], indices, span, &again.tensor[0].shape);
    return RSL_OK;
}

const struct rsl_op rsl_op_Compress = {
    .name = "Compress",
    .domain = "",
    .since = 9,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
