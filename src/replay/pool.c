/* Pools: the largest or the mean of the elements under a window, as src/ops has them. Means are
 * sums in float, row by row. */
#include "ops/pool_geometry.h"
#include "replay/lower.h"
#include "replay/slide.h"

#include <string.h>

struct pool {
    struct slide axis[2]; /* rows, columns */
    bool largest, count_padding;
};

static void spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                   const struct rsl_region *r, struct rsl_region *out) {
    (void)i;
    const struct pool *k = s->own;
    const struct replay_value *y = &p->values.at[s->out];
    struct rsl_box box = rsl_slide_spread(k->axis, y, &r->box);
    rsl_region_join(out, r, 0);
    out->box = rsl_box_around(&out->box, &box);
}

static struct rsl_box reach(const struct rsl_replay *p, const struct replay_step *s, int i,
                            const struct rsl_box *b) {
    const struct pool *k = s->own;
    return rsl_slide_reach(k->axis, &p->values.at[s->in[i]], b);
}

/* A NaN wins and stays. */
RSL_LANES static void take_larger(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (x[i] > y[i] || x[i] != x[i]) y[i] = x[i];
}

RSL_LANES static void take_sum(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

RSL_LANES static void divide(float *y, float by, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] /= by;
}

/* Taps of output o along an axis that lie on the input or its padding. */
static int padded_taps(const struct slide *a, int in, int o) {
    int start = o * a->stride - a->pad, n = 0;
    for (int t = 0; t < a->kernel; t++) n += start + t * a->dilation < in + a->pad_end;
    return n;
}

static void pool_pixel(const struct pool *k, const struct replay_value *x, size_t images, int row,
                       int col, const float *plane, float *y) {
    int r0, r1, c0, c1;
    rsl_slide_taps(&k->axis[0], x->height, row, &r0, &r1);
    rsl_slide_taps(&k->axis[1], x->width, col, &c0, &c1);
    bool first = true;
    for (int i = r0; i < r1; i++)
        for (int j = c0; j < c1; j++) {
            int in_row = row * k->axis[0].stride - k->axis[0].pad + i * k->axis[0].dilation;
            int in_col = col * k->axis[1].stride - k->axis[1].pad + j * k->axis[1].dilation;
            const float *from =
                plane + ((size_t)in_row * (size_t)x->width + (size_t)in_col) * images;
            if (first)
                memcpy(y, from, images * sizeof *y);
            else if (k->largest)
                take_larger(y, from, images);
            else
                take_sum(y, from, images);
            first = false;
        }
    if (k->largest) return;
    int n = (r1 - r0) * (c1 - c0);
    if (k->count_padding)
        n = padded_taps(&k->axis[0], x->height, row) * padded_taps(&k->axis[1], x->width, col);
    divide(y, (float)n, images);
}

static void run(const struct replay_step *s, struct replay_view *v, const struct rsl_region *out) {
    const struct replay_value *x = &v->replay->values.at[s->in[0]];
    const struct replay_value *y = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;) {
        const float *plane = view_plane(v, s->in[0], c);
        for (int row = out->box.row0; row < out->box.row1; row++) {
            for (int col = out->box.col0; col < out->box.col1; col++)
                pool_pixel(s->own, x, images, row, col, plane,
                           view_out(v, s->out, c) +
                               ((size_t)row * (size_t)y->width + (size_t)col) * images);
            rsl_tail_row(s, v, c, row, out->box.col0, out->box.col1);
        }
    }
}

static const struct step_kind pool_kind = {
    .name = "pool", .spread = spread, .reach = reach, .run = run};

static int lower(struct lowering *l, bool largest) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    const struct replay_value *v = &l->r->values.at[x];
    struct pool *k = rsl_arena_alloc(&l->r->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    *k = (struct pool){.axis = {{.kernel = v->height, .stride = 1, .dilation = 1},
                                {.kernel = v->width, .stride = 1, .dilation = 1}},
                       .largest = largest,
                       .count_padding = rsl_node_int(l->node, "count_include_pad", 0) != 0};
    if (strncmp(l->node->op->name, "Global", 6) != 0) {
        const struct rsl_tensor *in[1] = {&l->r->graph.values.at[l->node->in[0]].tensor};
        struct rsl_call call = {.node = l->node, .opset = l->node->opset, .n_in = 1, .in = in};
        struct rsl_pool_geometry g;
        RSL_TRY(rsl_pool_geometry(&g, &call));
        if (g.window.rank > 2) return rsl_lower_refuse(l, "it has more than two dimensions");
        if (!rsl_pool_holds_pixels(&g))
            return rsl_lower_refuse(l, "its dilated windows may lie on padding only");
        rsl_slide_from(k->axis, &g.window);
    }
    int step = rsl_lower_step(l, &pool_kind, &x, 1, k);
    return step < 0 ? step : RSL_OK;
}

int rsl_lower_max_pool(struct lowering *l) {
    return lower(l, true);
}

int rsl_lower_average_pool(struct lowering *l) {
    return lower(l, false);
}
