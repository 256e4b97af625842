/* Tile: the input repeated `repeats[k]` times along axis k. */
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int infer(struct rsl_call *c) {
    struct rsl_shape s = c->in[0]->shape;
    struct rsl_list repeats;
    RSL_TRY(rsl_read_list(c, "repeats", 1, 0, &repeats));
    RSL_TRY(rsl_need_list(&repeats, "repeats", s.rank));
    for (int k = 0; k < s.rank; k++) {
        if (repeats.at[k] < 0)
            return rsl_fail(RSL_EARG, "axis %d is repeated %lld times", k,
                            (long long)repeats.at[k]);
        s.dim[k] = rsl_times(s.dim[k], repeats.at[k]);
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    struct rsl_tensor *y = c->out[0];
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK];
    rsl_strides(x, from);
    rsl_strides(&y->shape, to);
    if (rsl_tensor_count(y) == 0) return RSL_OK;
    struct rsl_walk w = {.rank = 0};
    for (int k = 0; k < x->rank; k++) { /* axis k is [repeats, dim] */
        rsl_walk_add(&w, y->shape.dim[k] / x->dim[k], x->dim[k] * to[k], 0);
        rsl_walk_add(&w, x->dim[k], to[k], from[k]);
    }
    rsl_copy_strided(&w, y->data, c->in[0]->data, rsl_dtype_bytes((int)y->dtype));
    return RSL_OK;
}

/* The repetitions of an axis added up, axis by axis. */
static int gradient(struct rsl_backward *b) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape, s = rsl_backward_out(b, 0)->shape;
    int dx = b->dy[0];
    for (int k = 0; k < x.rank; k++) {
        if (s.dim[k] == x.dim[k]) continue;
        struct rsl_span span = rsl_span_at(&s, k);
        const int64_t dims[] = {span.outer, x.dim[k] ? span.n / x.dim[k] : 0, x.dim[k], span.inner};
        struct rsl_shape apart = rsl_shape_of(4, dims);
        dx =
            rsl_emit_reduce_sum(b, rsl_emit_reshape(b, dx, &apart), (const int64_t[]){1}, 1, false);
        s.dim[k] = x.dim[k];
    }
    b->dx[0] = rsl_emit_reshape(b, dx, &x);
    return RSL_OK;
}

const struct rsl_op rsl_op_Tile = {
    .name = "Tile",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
