/* Steps that move elements: slices and pads (every output place reads one input place, or holds the
 * constant), flattening, concatenation of channels. */
#include "ops/pad.h"
#include "ops/slice.h"
#include "replay/lower.h"

#include <string.h>

/* ---- slices and pads: along each axis, input = output * step + start ---- */

struct axis_view {
    int start, step;
};

struct view {
    struct axis_view axis[3]; /* channels, rows, columns */
    float constant;
};

/* Outputs [*o0, *o1) of `out` that read inputs in [i0, i1). */
static void view_range(const struct axis_view *a, int out, int i0, int i1, int *o0, int *o1) {
    *o0 = out;
    *o1 = 0;
    for (int o = 0; o < out; o++) {
        int i = o * a->step + a->start;
        if (i < i0 || i >= i1) continue;
        if (o < *o0) *o0 = o;
        *o1 = o + 1;
    }
}

static void view_spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                        const struct rsl_region *r, struct rsl_region *out) {
    (void)i;
    const struct view *k = s->own;
    const struct replay_value *y = &p->values.at[s->out];
    struct rsl_box box;
    view_range(&k->axis[1], y->height, r->box.row0, r->box.row1, &box.row0, &box.row1);
    view_range(&k->axis[2], y->width, r->box.col0, r->box.col1, &box.col0, &box.col1);
    if (rsl_box_empty(&box)) return;
    for (int c = 0; c < y->channels; c++) {
        int from = c * k->axis[0].step + k->axis[0].start;
        if (from >= 0 && from < p->values.at[s->in[0]].channels && rsl_region_has(r, from))
            rsl_region_add(out, c);
    }
    out->box = rsl_box_around(&out->box, &box);
}

/* Inputs that outputs [o0, o1) read, cut to the size. */
static void view_reach(const struct axis_view *a, int size, int o0, int o1, int *i0, int *i1) {
    int first = o0 * a->step + a->start, last = (o1 - 1) * a->step + a->start;
    int low = first < last ? first : last, high = (first < last ? last : first) + 1;
    *i0 = low < 0 ? 0 : low > size ? size : low;
    *i1 = high < 0 ? 0 : high > size ? size : high;
}

static struct rsl_box view_box(const struct rsl_replay *p, const struct replay_step *s, int i,
                               const struct rsl_box *out) {
    const struct view *k = s->own;
    const struct replay_value *x = &p->values.at[s->in[i]];
    struct rsl_box b;
    view_reach(&k->axis[1], x->height, out->row0, out->row1, &b.row0, &b.row1);
    view_reach(&k->axis[2], x->width, out->col0, out->col1, &b.col0, &b.col1);
    return b;
}

static void view_pixel(const struct view *k, const struct replay_value *x, const float *plane,
                       int row, int col, float *y, size_t images) {
    int r = row * k->axis[1].step + k->axis[1].start, c = col * k->axis[2].step + k->axis[2].start;
    if (plane && r >= 0 && r < x->height && c >= 0 && c < x->width)
        memcpy(y, plane + ((size_t)r * (size_t)x->width + (size_t)c) * images, images * sizeof *y);
    else
        for (size_t i = 0; i < images; i++) y[i] = k->constant;
}

static void view_run(const struct replay_step *s, struct replay_view *v,
                     const struct rsl_region *out) {
    const struct view *k = s->own;
    const struct replay_value *x = &v->replay->values.at[s->in[0]];
    const struct replay_value *y = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;) {
        int from = c * k->axis[0].step + k->axis[0].start;
        const float *plane = from >= 0 && from < x->channels ? view_plane(v, s->in[0], from) : NULL;
        for (int row = out->box.row0; row < out->box.row1; row++) {
            for (int col = out->box.col0; col < out->box.col1; col++)
                view_pixel(k, x, plane, row, col,
                           view_out(v, s->out, c) +
                               ((size_t)row * (size_t)y->width + (size_t)col) * images,
                           images);
            rsl_tail_row(s, v, c, row, out->box.col0, out->box.col1);
        }
    }
}

static const struct step_kind view_kind = {
    .name = "view", .spread = view_spread, .reach = view_box, .run = view_run};

/* Axis of [channels, rows, columns] that axis `a` of a shape of this rank is; 0 for the batch. */
static int place_of_axis(int a, int rank) {
    return a == 1 ? 0 : rank == 4 ? a - 1 : 2;
}

int rsl_lower_view(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    const struct rsl_tensor *in[5] = {NULL};
    int n_in = l->node->n_in < 5 ? l->node->n_in : 5;
    for (int i = 0; i < n_in; i++)
        in[i] = l->node->in[i] == RSL_ABSENT ? NULL : &l->r->graph.values.at[l->node->in[i]].tensor;
    struct rsl_call call = {.node = l->node, .opset = l->node->opset, .n_in = n_in, .in = in};
    struct view *k = rsl_arena_alloc(&l->r->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    for (int a = 0; a < 3; a++) k->axis[a].step = 1;
    int rank = l->r->graph.values.at[l->node->in[0]].tensor.shape.rank;
    if (rsl_node_is(l->node, "Slice")) {
        struct rsl_cut cuts[RSL_MAX_RANK];
        RSL_TRY(rsl_slice_cuts(&call, cuts));
        for (int a = 1; a < rank; a++)
            k->axis[place_of_axis(a, rank)] =
                (struct axis_view){.start = (int)cuts[a].start, .step = (int)cuts[a].step};
    } else {
        struct rsl_padding p;
        RSL_TRY(rsl_pad_read(&call, &p));
        char constant[8];
        if (p.mode != RSL_PAD_CONSTANT)
            return rsl_lower_refuse(l, "it pads with more than a constant");
        rsl_pad_constant(&call, constant);
        memcpy(&k->constant, constant, sizeof k->constant);
        for (int a = 1; a < rank; a++) k->axis[place_of_axis(a, rank)].start = -(int)p.before[a];
    }
    int step = rsl_lower_step(l, &view_kind, &x, 1, k);
    return step < 0 ? step : RSL_OK;
}

/* ---- flattening: feature = (channel * height + row) * width + column ---- */

static void flat_spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                        const struct rsl_region *r, struct rsl_region *out) {
    (void)i;
    const struct replay_value *x = &p->values.at[s->in[0]];
    for (int c = -1; (c = rsl_region_next(r, c + 1)) >= 0;)
        for (int row = r->box.row0; row < r->box.row1; row++) {
            int first = (c * x->height + row) * x->width;
            rsl_region_add_range(out, first + r->box.col0, first + r->box.col1);
        }
    out->box = (struct rsl_box){.row1 = 1, .col1 = 1};
}

static struct rsl_box flat_reach(const struct rsl_replay *p, const struct replay_step *s, int i,
                                 const struct rsl_box *out) {
    (void)out;
    const struct replay_value *x = &p->values.at[s->in[i]];
    return (struct rsl_box){.row1 = x->height, .col1 = x->width};
}

static void flat_run(const struct replay_step *s, struct replay_view *v,
                     const struct rsl_region *out) {
    const struct replay_value *x = &v->replay->values.at[s->in[0]];
    int area = x->height * x->width;
    size_t images = (size_t)v->replay->images;
    for (int f = -1; (f = rsl_region_next(out, f + 1)) >= 0;) {
        memcpy(view_out(v, s->out, f),
               view_plane(v, s->in[0], f / area) + (size_t)(f % area) * images,
               images * sizeof(float));
        rsl_tail_row(s, v, f, 0, 0, 1);
    }
}

static const struct step_kind flat_kind = {
    .name = "flatten", .spread = flat_spread, .reach = flat_reach, .run = flat_run};

int rsl_lower_flatten(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    const struct replay_value *v = &l->r->values.at[x];
    const struct rsl_shape *y = &l->r->graph.values.at[l->node->out[0]].tensor.shape;
    int features = v->channels * v->height * v->width;
    bool row = y->rank >= 2 && y->dim[0] == 1 && y->dim[1] == features;
    bool same = y->rank >= 2 && y->dim[0] == 1 && y->dim[1] == v->channels &&
                (y->rank < 3    ? features == v->channels
                 : y->rank == 3 ? v->height == 1 && y->dim[2] == v->width
                                : y->dim[2] == v->height && y->dim[3] == v->width);
    if (!row && !same) return rsl_lower_refuse(l, "it mixes channels and places");
    if (same && rsl_lower_alias(l, x)) return RSL_OK;
    if (!row) return rsl_lower_identity(l);
    int step = rsl_lower_step(l, &flat_kind, &x, 1, NULL);
    return step < 0 ? step : RSL_OK;
}

/* ---- concatenation of channels ---- */

/* First output channel of input i. */
static int concat_first(const struct rsl_replay *p, const struct replay_step *s, int i) {
    int first = 0;
    for (int k = 0; k < i; k++) first += p->values.at[s->in[k]].channels;
    return first;
}

static void concat_spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                          const struct rsl_region *r, struct rsl_region *out) {
    rsl_region_join(out, r, concat_first(p, s, i));
    out->box = rsl_box_around(&out->box, &r->box);
}

static void concat_run(const struct replay_step *s, struct replay_view *v,
                       const struct rsl_region *out) {
    const struct replay_value *y = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    size_t n = (size_t)(out->box.col1 - out->box.col0) * images * sizeof(float);
    int input = 0, first = 0;
    for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;) {
        while (c - first >= v->replay->values.at[s->in[input]].channels)
            first += v->replay->values.at[s->in[input++]].channels;
        for (int row = out->box.row0; row < out->box.row1; row++) {
            size_t at = ((size_t)row * (size_t)y->width + (size_t)out->box.col0) * images;
            memcpy(view_out(v, s->out, c) + at, view_plane(v, s->in[input], c - first) + at, n);
            rsl_tail_row(s, v, c, row, out->box.col0, out->box.col1);
        }
    }
}

static const struct step_kind concat_kind = {
    .name = "concat", .spread = concat_spread, .reach = rsl_reach_same, .run = concat_run};

int rsl_lower_concat(struct lowering *l) {
    int n = l->node->n_in;
    int64_t axis = rsl_node_int(l->node, "axis", 1);
    int rank = l->r->graph.values.at[l->node->out[0]].tensor.shape.rank;
    if (axis != 1 && axis != 1 - rank) return rsl_lower_refuse(l, "it does not join channels");
    int *in = rsl_arena_array(&l->r->arena, (size_t)n, sizeof *in);
    if (!in) return RSL_ENOMEM;
    for (int i = 0; i < n; i++) {
        in[i] = rsl_lower_input(l, i);
        if (in[i] < 0) return in[i];
    }
    int step = rsl_lower_step(l, &concat_kind, in, n, NULL);
    return step < 0 ? step : RSL_OK;
}
