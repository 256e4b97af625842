/* See reduce.h. */
#include "ops/reduce.h"

#include "ops/lists.h"
#include "ops/number.h"
#include "ops/strided.h"

/* Marks the axes to reduce: those named, or all when none are, unless noop_with_empty_axes. */
static int read_axes(const struct rsl_call *c, const struct rsl_reduction *r,
                     bool reduced[RSL_MAX_RANK]) {
    int rank = c->in[0]->shape.rank;
    struct rsl_list axes;
    RSL_TRY(rsl_read_list(c, "axes", 1, r->axes_input, &axes));
    RSL_TRY(rsl_list_axes(&axes, rank));
    bool noop = c->opset >= r->axes_input && rsl_node_int(c->node, "noop_with_empty_axes", 0);
    for (int k = 0; k < rank; k++) reduced[k] = axes.n ? rsl_list_has(&axes, k) : !noop;
    return RSL_OK;
}

int rsl_reduce_infer(struct rsl_call *c, const struct rsl_reduction *r) {
    const struct rsl_shape *x = &c->in[0]->shape;
    bool reduced[RSL_MAX_RANK];
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 i16 i32 i64 u8 u16 u32 u64"));
    RSL_TRY(read_axes(c, r, reduced));
    bool keep = rsl_node_int(c->node, "keepdims", 1) != 0;
    struct rsl_shape s = {.rank = 0};
    for (int k = 0; k < x->rank; k++)
        if (!reduced[k] || keep) s.dim[s.rank++] = reduced[k] ? 1 : x->dim[k];
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

/* Adds n elements that lie `step` bytes apart. */
static void add_run(const struct rsl_reduction *r, struct rsl_total *t, int dtype, const char *x,
                    int64_t n, int64_t step) {
    const struct rsl_dtype_traits *type = rsl_dtype_traits(dtype);
    if (r->add_integer && rsl_dtype_is_integer(dtype)) {
        bool is_signed = rsl_dtype_is_signed(dtype);
        for (int64_t i = 0; i < n; i++, t->n++)
            r->add_integer(t, rsl_load_integer(dtype, x + i * step), is_signed);
        return;
    }
    double piece[256];
    for (int64_t first = 0; first < n; first += 256) {
        int64_t m = n - first < 256 ? n - first : 256;
        const char *from = x + first * step;
        if (step == (int64_t)type->bytes)
            type->to_double(from, piece, (size_t)m);
        else
            for (int64_t i = 0; i < m; i++) type->to_double(from + i * step, &piece[i], 1);
        for (int64_t i = 0; i < m; i++, t->n++) r->add(t, piece[i]);
    }
}

/* An empty set of integers has the value that an empty set of doubles has, saturated: the largest
 * element of none is the least one of the type. */
static void store(const struct rsl_reduction *r, const struct rsl_total *t, int dtype, char *y) {
    if (r->add_integer && rsl_dtype_is_integer(dtype) && t->n > 0) {
        rsl_store_integer(dtype, y,
                          r->end_integer ? r->end_integer(t, rsl_dtype_is_signed(dtype)) : t->i);
    } else {
        struct rsl_total narrow = *t;
        if (dtype != RSL_f64) narrow.f = rsl_within_f32(t->f);
        double v = r->end ? r->end(&narrow) : narrow.f;
        rsl_dtype_traits(dtype)->from_double(&v, y, 1);
    }
}

/* Adds up everything under one output element, whose first input element is x. */
static void add_all(const struct rsl_reduction *r, struct rsl_total *t, int dtype, const char *x,
                    const struct rsl_walk *w) {
    int64_t bytes = (int64_t)rsl_dtype_bytes(dtype), index[RSL_MAX_WALK] = {0};
    int inner = w->rank - 1;
    do {
        int64_t place = 0;
        for (int k = 0; k < inner; k++) place += index[k] * w->src[k];
        add_run(r, t, dtype, x + place * bytes, w->dim[inner], w->src[inner] * bytes);
    } while (rsl_step(inner, w->dim, index));
}

int rsl_reduce(const struct rsl_call *c, const struct rsl_reduction *r) {
    const struct rsl_tensor *x = c->in[0];
    int dtype = (int)x->dtype;
    int64_t stride[RSL_MAX_RANK], index[RSL_MAX_WALK] = {0},
                                  bytes = (int64_t)rsl_dtype_bytes(dtype);
    bool reduced[RSL_MAX_RANK];
    RSL_TRY(read_axes(c, r, reduced));
    rsl_strides(&x->shape, stride);
    struct rsl_walk kept = {.rank = 0}, under = {.rank = 0};
    for (int k = 0; k < x->shape.rank; k++)
        rsl_walk_add(reduced[k] ? &under : &kept, x->shape.dim[k], 0, stride[k]);
    kept = rsl_walk_merge(&kept);
    under = rsl_walk_merge(&under);
    bool empty = rsl_tensor_count(x) == 0; /* then every output element reduces an empty set */
    int64_t count = rsl_tensor_count(c->out[0]);
    char *y = c->out[0]->data;
    for (int64_t o = 0; o < count; o++, y += bytes, rsl_step(kept.rank, kept.dim, index)) {
        struct rsl_total t = r->start;
        int64_t place = 0;
        for (int k = 0; k < kept.rank; k++) place += index[k] * kept.src[k];
        if (!empty) add_all(r, &t, dtype, (const char *)x->data + place * bytes, &under);
        store(r, &t, dtype, y);
    }
    return RSL_OK;
}

/* ---- gradients ---- */

int rsl_reduced(struct rsl_backward *b, const struct rsl_reduction *r,
                struct rsl_reduced *reduced) {
    struct rsl_again again;
    bool is_reduced[RSL_MAX_RANK] = {false};
    RSL_TRY(read_axes(rsl_backward_call(b, &again), r, is_reduced));
    *reduced =
        (struct rsl_reduced){.x = again.tensor[0].shape, .kept = again.tensor[0].shape, .count = 1};
    for (int k = 0; k < reduced->x.rank; k++) {
        if (!is_reduced[k]) continue;
        reduced->kept.dim[k] = 1;
        reduced->count *= reduced->x.dim[k];
        reduced->axes[reduced->n++] = k;
    }
    return RSL_OK;
}

static int keep_axes(struct rsl_backward *b, int y, const struct rsl_reduced *r) {
    if (rsl_backward_out(b, 0)->shape.rank == r->kept.rank) return y;
    return rsl_emit_reshape(b, y, &r->kept);
}

int rsl_reduced_dy(struct rsl_backward *b, const struct rsl_reduced *r) {
    return keep_axes(b, b->dy[0], r);
}

int rsl_reduced_y(struct rsl_backward *b, const struct rsl_reduced *r) {
    return keep_axes(b, b->node.out[0], r);
}
