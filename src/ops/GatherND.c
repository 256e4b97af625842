/* GatherND: slices of the data named by tuples of indices. */
#include "graph/gradient.h"
#include "ops/scatter.h"

#include <string.h>

static int read(const struct rsl_call *c, struct rsl_tuples *t) {
    int64_t batch = c->opset >= 12 ? rsl_node_int(c->node, "batch_dims", 0) : 0;
    if (batch < 0 || batch >= RSL_MAX_RANK)
        return rsl_fail(RSL_ESHAPE, "batch_dims %lld is impossible", (long long)batch);
    return rsl_read_tuples(c, (int)batch, t);
}

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape, *indices = &c->in[1]->shape;
    struct rsl_tuples t;
    RSL_TRY(read(c, &t));
    int first = t.batch + t.length, rank = indices->rank - 1 + x->rank - first;
    if (rank > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the result has %d dimensions, at most %d are offered",
                        rank, RSL_MAX_RANK);
    struct rsl_shape s = {.rank = 0};
    for (int k = 0; k < indices->rank - 1; k++) s.dim[s.rank++] = indices->dim[k];
    for (int k = first; k < x->rank; k++) s.dim[s.rank++] = x->dim[k];
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tuples t;
    RSL_TRY(read(c, &t));
    size_t bytes = rsl_dtype_bytes((int)x->dtype), slice = (size_t)t.inner * bytes;
    for (int64_t k = 0; k < t.count; k++) {
        int64_t place;
        RSL_TRY(rsl_tuple_place(c, &t, k, &place));
        if (slice)
            memcpy((char *)c->out[0]->data + (size_t)k * slice,
                   (const char *)x->data + (size_t)place * bytes, slice);
    }
    return RSL_OK;
}

/* The tuples with the coordinates of their batch entry put before them, [entries, each, batch +
 * length]: ScatterND knows no batches. */
static int whole_tuples(struct rsl_backward *b, const struct rsl_tuples *t, int64_t entries) {
    const struct rsl_shape x = rsl_backward_in(b, 0)->shape;
    const size_t count = (size_t)(entries * t->each * t->batch);
    int64_t *at = rsl_arena_array(&b->graph->arena, count, sizeof *at);
    if (!at) {
        b->status = RSL_ENOMEM;
        return RSL_ABSENT;
    }
    for (int64_t k = 0; k < entries * t->each; k++) {
        int64_t entry = k / t->each;
        for (int d = t->batch - 1; d >= 0; d--) {
            at[k * t->batch + d] = entry % x.dim[d];
            entry /= x.dim[d];
        }
    }
    const struct rsl_shape of_batch = {3, {entries, t->each, t->batch}};
    const struct rsl_shape of_tuples = {3, {entries, t->each, t->length}};
    int in[2], out = 0;
    in[0] = rsl_emit_reshape(b, rsl_emit_list(b, at, count), &of_batch);
    in[1] = rsl_emit_reshape(b, rsl_emit_indices(b), &of_tuples);
    rsl_emit_many(b, "Concat", in, 2, &out, 1);
    rsl_emit_int(b, "axis", 2);
    return out;
}

static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_tuples t;
    RSL_TRY(read(rsl_backward_call(b, &again), &t));
    struct rsl_shape x = again.tensor[0].shape, dy_shape = {2, {0}};
    int dy = b->dy[0], indices = b->node.in[1];
    if (t.batch > 0) {
        int64_t entries = rsl_shape_span(&x, 0, t.batch);
        dy_shape.dim[0] = entries;
        dy_shape.dim[1] = t.each;
        for (int k = t.batch + t.length; k < x.rank; k++) dy_shape.dim[dy_shape.rank++] = x.dim[k];
        indices = whole_tuples(b, &t, entries);
        dy = rsl_emit_reshape(b, dy, &dy_shape);
    }
    b->dx[0] = rsl_emit(b, "ScatterND", 3, rsl_emit_zeros_of(b, &x), indices, dy);
    rsl_emit_string(b, "reduction", "add");
    return RSL_OK;
}

const struct rsl_op rsl_op_GatherND = {
    .name = "GatherND",
    .domain = "",
    .since = 11,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
