/* Concat: inputs behind each other along `axis`; the other dimensions must agree. */
#include "graph/gradient.h"
#include "ops/lists.h"

#include <string.h>

static int infer(struct rsl_call *c) {
    struct rsl_shape s = {.rank = 0};
    int axis = 0;
    for (int i = 0; i < c->n_in; i++) {
        if (!c->in[i]) return rsl_fail(RSL_EGRAPH, "input %d is missing", i);
        RSL_TRY(rsl_need_same_dtype(c, i));
        struct rsl_shape x = c->in[i]->shape;
        if (i == 0) {
            if (!rsl_node_attr(c->node, "axis")) return rsl_fail(RSL_EGRAPH, "'axis' is missing");
            RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x.rank, false, &axis));
            s = x;
            continue;
        }
        int64_t n = x.rank == s.rank ? x.dim[axis] : 0;
        if (x.rank == s.rank) x.dim[axis] = s.dim[axis];
        if (!rsl_shape_equal(&x, &s)) {
            char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
            return rsl_fail(
                RSL_ESHAPE, "input %d has shape %s, which does not fit %s along axis %d", i,
                rsl_shape_text(&c->in[i]->shape, a), rsl_shape_text(&c->in[0]->shape, b), axis);
        }
        s.dim[axis] += n;
        RSL_TRY(rsl_shape_check(&s));
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor *y = c->out[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), y->shape.rank, false, &axis));
    struct rsl_span all = rsl_span_at(&y->shape, axis);
    size_t bytes = rsl_dtype_bytes((int)y->dtype);
    size_t row = (size_t)(all.n * all.inner) * bytes, done = 0;
    for (int i = 0; i < c->n_in; i++) {
        size_t part = (size_t)(c->in[i]->shape.dim[axis] * all.inner) * bytes;
        for (size_t k = 0; part && k < (size_t)all.outer; k++)
            memcpy((char *)y->data + k * row + done, (const char *)c->in[i]->data + k * part, part);
        done += part;
    }
    return RSL_OK;
}

/* Each input's part of dy. */
static int gradient(struct rsl_backward *b) {
    int n = b->node.n_in, axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(&b->node, "axis", 0), rsl_backward_in(b, 0)->shape.rank,
                          false, &axis));
    int64_t *sizes = rsl_arena_array(&b->graph->arena, (size_t)n, sizeof *sizes);
    if (!sizes) return RSL_ENOMEM;
    for (int i = 0; i < n; i++) {
        sizes[i] = rsl_backward_in(b, i)->shape.dim[axis];
        b->dx[i] = rsl_wanted(b, i) ? 0 : RSL_ABSENT; /* 0: to be replaced by the new value */
    }
    const int in[] = {b->dy[0], rsl_emit_list(b, sizes, (size_t)n)};
    rsl_emit_many(b, "Split", in, 2, b->dx, n);
    rsl_emit_int(b, "axis", axis);
    return RSL_OK;
}

const struct rsl_op rsl_op_Concat = {
    .name = "Concat",
    .domain = "",
    .in_min = 1,
    .in_max = RSL_MANY,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
