/* ScatterElements: a copy of the data in which updates[i] lands at i with the coordinate along
 * `axis` replaced by indices[i]. */
#include "graph/gradient.h"
#include "ops/scatter.h"

static int infer(struct rsl_call *c) {
    int axis;
    enum rsl_combine how;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), c->in[0]->shape.rank, false, &axis));
    RSL_TRY(rsl_need_element_indices(c, axis));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    RSL_TRY(rsl_read_reduction(c, &how));
    if (!rsl_shape_equal(&c->in[1]->shape, &c->in[2]->shape)) {
        char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_ESHAPE, "indices have shape %s, updates have shape %s",
                        rsl_shape_text(&c->in[1]->shape, a), rsl_shape_text(&c->in[2]->shape, b));
    }
    return rsl_infer_same(c);
}

struct scatter {
    enum rsl_combine how;
    enum rsl_dtype dtype;
    size_t bytes;
    char *to;
    const char *from;
};

static void scatter(void *state, int64_t k, int64_t place) {
    struct scatter *s = state;
    rsl_combine(s->how, s->dtype, s->to + (size_t)place * s->bytes, s->from + (size_t)k * s->bytes,
                1);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->shape.rank, false, &axis));
    struct scatter s = {.dtype = x->dtype,
                        .bytes = rsl_dtype_bytes((int)x->dtype),
                        .to = c->out[0]->data,
                        .from = c->in[2]->data};
    RSL_TRY(rsl_read_reduction(c, &s.how));
    RSL_TRY(rsl_forward_copy(c));
    return rsl_each_element(c, axis, scatter, &s);
}

static int gradient(struct rsl_backward *b) {
    int64_t axis = rsl_node_int(&b->node, "axis", 0);
    enum rsl_combine how;
    RSL_TRY(rsl_emit_need_sum(b, &how));
    b->dx[0] = b->dy[0];
    if (rsl_wanted(b, 0) && how == RSL_SET) {
        int zeros = rsl_emit_zeros_of(b, &rsl_backward_in(b, 2)->shape);
        b->dx[0] = rsl_emit(b, "ScatterElements", 3, b->dy[0], b->node.in[1], zeros);
        rsl_emit_int(b, "axis", axis);
    }
    if (rsl_wanted(b, 2)) {
        b->dx[2] = rsl_emit(b, "GatherElements", 2, b->dy[0], b->node.in[1]);
        rsl_emit_int(b, "axis", axis);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_ScatterElements = {
    .name = "ScatterElements",
    .domain = "",
    .since = 11,
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
