/* GatherND: slices of the data named by tuples of indices. */
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
};
