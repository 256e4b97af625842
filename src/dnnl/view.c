/* Copies with strides: Slice, its gradient and constant Pad of channels-last images, so that
 * option-A shortcuts (every second pixel, zero channels around) need not leave the layout, and
 * Resize and Upsample that repeat pixels. Everything else is left to the reference. */
#include <string.h>

#include "dnnl/dnnl_int.h"
#include "ops/pad.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/strided.h"

struct view {
    struct rsl_walk walk;
    int64_t from, to; /* first elements */
    bool fill;
    char constant[8];
    size_t bytes;  /* of an element */
    int64_t count; /* elements of y */
};

/* data = {y, x} */
static void copy(const void *context, void *const *data) {
    static const char zero[8];
    const struct view *v = context;
    if (v->fill && memcmp(v->constant, zero, v->bytes) == 0)
        memset(data[0], 0, (size_t)v->count * v->bytes);
    else if (v->fill)
        rsl_fill(data[0], v->constant, v->count, v->bytes);
    rsl_copy_strided(&v->walk, (char *)data[0] + (size_t)v->to * v->bytes,
                     (const char *)data[1] + (size_t)v->from * v->bytes, v->bytes);
}

/* Both sides channels-last, in the tensor's own type; false when the input is not in that layout
 * already. */
static bool same_layout(const struct rsl_kernel_request *rq, dnnl_memory_desc_t *x,
                        dnnl_memory_desc_t *y) {
    dnnl_memory_desc_t last;
    dnnl_data_type_t type;
    const struct rsl_call *c = rq->call;
    return rsl_dnnl_own_layout(rq->in_layout[0]) && rsl_dnnl_type(c->in[0]->dtype, &type) &&
           rsl_dnnl_describe(c->in[0], rq->in_layout[0], x) &&
           rsl_dnnl_channels_last(&c->in[0]->shape, type, &last) &&
           dnnl_memory_desc_equal(x, &last) && rsl_dnnl_channels_last(&c->out[0]->shape, type, y);
}

static int offer(struct rsl_kernel_request *rq, const struct view *view,
                 const dnnl_memory_desc_t *x, const dnnl_memory_desc_t *y,
                 struct rsl_kernel **kernel) {
    struct view *own = rsl_arena_memdup(rq->arena, view, sizeof *view);
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s || !own) return RSL_ENOMEM;
    own->bytes = rsl_dnnl_bytes(x->data_type);
    s->base.name = rsl_dnnl_is_plain(x) ? "dnnl copy" : "dnnl copy, channels last";
    for (int i = 1; i < rq->call->n_in; i++) rq->in_layout[i] = NULL;
    int in = rsl_seq_in(s, 0, x);
    int out = in < 0 ? in : rsl_seq_give(s, rq, 0, y);
    int rc = out < 0 ? out : rsl_seq_function(s, copy, own, (const int[]){out, in}, 2, false);
    return rsl_seq_done(s, rc, rq, kernel);
}

/* Axis after the batch in the order of the layout: N, spatial, C. */
static int axis_at(int i, int rank) {
    return i == 0 ? 0 : i == rank - 1 ? 1 : i + 1;
}

int rsl_dnnl_slice(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct rsl_cut cuts[RSL_MAX_RANK];
    dnnl_memory_desc_t x, y;
    struct view v = {0};
    if (!same_layout(rq, &x, &y)) return RSL_OK;
    RSL_TRY(rsl_slice_cuts(rq->call, cuts));
    for (int i = 0; i < x.ndims; i++) {
        int a = axis_at(i, x.ndims);
        int64_t from = x.format_desc.blocking.strides[a], to = y.format_desc.blocking.strides[a];
        v.from += cuts[a].start * from;
        rsl_walk_add(&v.walk, cuts[a].n, to, from * cuts[a].step);
    }
    return offer(rq, &v, &x, &y, kernel);
}

int rsl_dnnl_slice_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct rsl_cut cuts[RSL_MAX_RANK];
    struct rsl_shape shape;
    dnnl_memory_desc_t x, y;
    struct view v = {.fill = true, .count = rsl_tensor_count(rq->call->out[0])};
    if (!same_layout(rq, &x, &y)) return RSL_OK;
    RSL_TRY(rsl_slice_grad_cuts(rq->call, &shape, cuts));
    for (int i = 0; i < x.ndims; i++) {
        int a = axis_at(i, x.ndims);
        int64_t from = x.format_desc.blocking.strides[a], to = y.format_desc.blocking.strides[a];
        v.to += cuts[a].start * to;
        rsl_walk_add(&v.walk, cuts[a].n, to * cuts[a].step, from);
    }
    return offer(rq, &v, &x, &y, kernel);
}

int rsl_dnnl_pad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_padding p;
    dnnl_memory_desc_t x, y;
    if (!same_layout(rq, &x, &y)) return RSL_OK;
    RSL_TRY(rsl_pad_read(c, &p));
    if (p.mode != RSL_PAD_CONSTANT || (c->n_in > 2 && c->in[2] && !c->in[2]->data)) return RSL_OK;
    struct view v = {.fill = true, .count = rsl_tensor_count(c->out[0])};
    rsl_pad_constant(c, v.constant);
    for (int i = 0; i < x.ndims; i++) {
        int a = axis_at(i, x.ndims);
        int64_t from = x.format_desc.blocking.strides[a], to = y.format_desc.blocking.strides[a];
        int64_t cut_before = p.before[a] < 0 ? -p.before[a] : 0;
        int64_t cut_after = p.after[a] < 0 ? -p.after[a] : 0;
        int64_t kept = c->in[0]->shape.dim[a] - cut_before - cut_after;
        if (kept <= 0) return RSL_OK;
        v.from += cut_before * from;
        v.to += (p.before[a] + cut_before) * to;
        rsl_walk_add(&v.walk, kept, to, from);
    }
    return offer(rq, &v, &x, &y, kernel);
}

int rsl_dnnl_resize(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    int64_t factor[RSL_MAX_RANK];
    struct rsl_resize r;
    dnnl_memory_desc_t x, y;
    struct view v = {0};
    bool last = same_layout(rq, &x, &y);
    if (!last && (c->in[0]->dtype != RSL_f32 || rsl_dnnl_own_layout(rq->in_layout[0]) ||
                  !rsl_dnnl_plain(&c->in[0]->shape, &x) || !rsl_dnnl_plain(&c->out[0]->shape, &y)))
        return RSL_OK;
    bool upsample = rsl_node_is(c->node, "Upsample");
    RSL_TRY(upsample ? rsl_upsample_read(c, &r) : rsl_resize_read(c, &r));
    if (r.rank == 0 || !rsl_resize_repeats(&r, factor)) return RSL_OK;
    for (int i = 0; i < x.ndims; i++) {
        int a = last ? axis_at(i, x.ndims) : i;
        int64_t from = x.format_desc.blocking.strides[a], to = y.format_desc.blocking.strides[a];
        rsl_walk_add(&v.walk, r.axis[a].in, to * factor[a], from);
        rsl_walk_add(&v.walk, factor[a], to, 0);
    }
    return offer(rq, &v, &x, &y, kernel);
}
