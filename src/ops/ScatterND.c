/* ScatterND: a copy of the data in which the slices of `updates` land where tuples of indices
 * name. */
#include "graph/gradient.h"
#include "ops/scatter.h"

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape, *indices = &c->in[1]->shape;
    struct rsl_tuples t;
    enum rsl_combine how;
    RSL_TRY(rsl_read_tuples(c, 0, &t));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    RSL_TRY(rsl_read_reduction(c, &how));
    const struct rsl_shape *updates = &c->in[2]->shape;
    int lead = indices->rank - 1;
    bool fits = updates->rank == lead + x->rank - t.length;
    for (int k = 0; fits && k < updates->rank; k++)
        fits = updates->dim[k] == (k < lead ? indices->dim[k] : x->dim[k - lead + t.length]);
    if (!fits) {
        char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT], u[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_ESHAPE, "updates of shape %s do not fit data %s and indices %s",
                        rsl_shape_text(updates, u), rsl_shape_text(x, a),
                        rsl_shape_text(indices, b));
    }
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tuples t;
    enum rsl_combine how;
    RSL_TRY(rsl_read_tuples(c, 0, &t));
    RSL_TRY(rsl_read_reduction(c, &how));
    RSL_TRY(rsl_forward_copy(c));
    size_t bytes = rsl_dtype_bytes((int)x->dtype);
    for (int64_t k = 0; k < t.count; k++) {
        int64_t place;
        RSL_TRY(rsl_tuple_place(c, &t, k, &place));
        if (t.inner)
            rsl_combine(how, x->dtype, (char *)c->out[0]->data + (size_t)place * bytes,
                        (const char *)c->in[2]->data + (size_t)(k * t.inner) * bytes, t.inner);
    }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    enum rsl_combine how;
    RSL_TRY(rsl_emit_need_sum(b, &how));
    b->dx[0] = b->dy[0];
    if (rsl_wanted(b, 0) && how == RSL_SET) {
        int zeros = rsl_emit_zeros_of(b, &rsl_backward_in(b, 2)->shape);
        b->dx[0] = rsl_emit(b, "ScatterND", 3, b->dy[0], b->node.in[1], zeros);
    }
    if (rsl_wanted(b, 2)) b->dx[2] = rsl_emit(b, "GatherND", 2, b->dy[0], b->node.in[1]);
    return RSL_OK;
}

const struct rsl_op rsl_op_ScatterND = {
    .name = "ScatterND",
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
