/* Pools: the largest or the mean of the elements under a window, as src/ops has them. Means are
 * sums in float, row by row. */
#include "ops/pool_geometry.h"
#include "replay/lower.h"

#include <string.h>

struct pool {
    int kernel[2], stride[2], pad[2], pad_end[2], dilation[2];
    bool largest, count_padding;
};

static int clip(int v, int most) {
    return v < 0 ? 0 : v > most ? most : v;
}

static void spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                   const struct rsl_region *r, struct rsl_region *out) {
    (void)i;
    const struct pool *k = s->own;
    const struct replay_value *y = &p->values.at[s->out];
    const int from[2] = {r->box.row0, r->box.col0}, to[2] = {r->box.row1, r->box.col1};
    const int size[2] = {y->height, y->width};
    int first[2], end[2];
    for (int a = 0; a < 2; a++) {
        int low = from[a] + k->pad[a] - (k->kernel[a] - 1) * k->dilation[a];
        first[a] = low <= 0 ? 0 : (low + k->stride[a] - 1) / k->stride[a];
        end[a] = clip((to[a] - 1 + k->pad[a]) / k->stride[a] + 1, size[a]);
    }
    struct rsl_box box = {first[0], end[0], first[1], end[1]};
    rsl_region_join(out, r, 0);
    out->box = rsl_box_around(&out->box, &box);
}

static struct rsl_box reach(const struct rsl_replay *p, const struct replay_step *s, int i,
                            const struct rsl_box *b) {
    const struct pool *k = s->own;
    const struct replay_value *x = &p->values.at[s->in[i]];
    int rows = (k->kernel[0] - 1) * k->dilation[0] + 1;
    int cols = (k->kernel[1] - 1) * k->dilation[1] + 1;
    return (struct rsl_box){
        .row0 = clip(b->row0 * k->stride[0] - k->pad[0], x->height),
        .row1 = clip((b->row1 - 1) * k->stride[0] - k->pad[0] + rows, x->height),
        .col0 = clip(b->col0 * k->stride[1] - k->pad[1], x->width),
        .col1 = clip((b->col1 - 1) * k->stride[1] - k->pad[1] + cols, x->width)};
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

/* Taps [*t0, *t1) of axis a that lie on the input for output o; how many lie on it or its padding.
 */
static int axis_taps(const struct pool *k, int a, int in, int o, int *t0, int *t1) {
    int start = o * k->stride[a] - k->pad[a], d = k->dilation[a], padded = 0;
    *t0 = *t1 = 0;
    for (int t = 0, seen = 0; t < k->kernel[a]; t++) {
        int at = start + t * d;
        padded += at < in + k->pad_end[a];
        if (at < 0 || at >= in) continue;
        if (!seen) *t0 = t;
        seen = 1;
        *t1 = t + 1;
    }
    return padded;
}

static void pool_pixel(const struct pool *k, const struct replay_value *x, size_t images, int row,
                       int col, const float *plane, float *y) {
    int r0, r1, c0, c1;
    int padded = axis_taps(k, 0, x->height, row, &r0, &r1);
    padded *= axis_taps(k, 1, x->width, col, &c0, &c1);
    bool first = true;
    for (int i = r0; i < r1; i++)
        for (int j = c0; j < c1; j++) {
            int in_row = row * k->stride[0] - k->pad[0] + i * k->dilation[0];
            int in_col = col * k->stride[1] - k->pad[1] + j * k->dilation[1];
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
    if (!k->largest) divide(y, (float)(k->count_padding ? padded : (r1 - r0) * (c1 - c0)), images);
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
    *k = (struct pool){.kernel = {v->height, v->width},
                       .stride = {1, 1},
                       .dilation = {1, 1},
                       .largest = largest,
                       .count_padding = rsl_node_int(l->node, "count_include_pad", 0) != 0};
    if (strncmp(l->node->op->name, "Global", 6) != 0) {
        const struct rsl_tensor *in[1] = {&l->r->graph.values.at[l->node->in[0]].tensor};
        struct rsl_call call = {.node = l->node, .opset = l->node->opset, .n_in = 1, .in = in};
        struct rsl_pool_geometry g;
        RSL_TRY(rsl_pool_geometry(&g, &call));
        if (g.window.rank > 2) return rsl_lower_refuse(l, "it has more than two dimensions");
        for (int a = 0; a < 2; a++) {
            int from = a - (2 - g.window.rank);
            k->kernel[a] = from < 0 ? 1 : (int)g.window.kernel[from];
            k->stride[a] = from < 0 ? 1 : (int)g.window.stride[from];
            k->dilation[a] = from < 0 ? 1 : (int)g.window.dilation[from];
            k->pad[a] = from < 0 ? 0 : (int)g.window.pad_begin[from];
            k->pad_end[a] = from < 0 ? 0 : (int)g.window.pad_end[from];
        }
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
