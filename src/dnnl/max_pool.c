/* MaxPool and its gradient: loops of our own, because oneDNN's maximum drops NaN.
 *
 * Channels-last and blocked layouts are both rows of channels: a unit is an image, or a group of
 * its channels, with one row per pixel. */
#include "dnnl/dnnl_int.h"
#include "dnnl/lanes.h"
#include "ops/pool_gradient.h"

#include <string.h>

struct max_pool {
    struct rsl_window w;
    int64_t units; /* forward: images, or groups of channels, of rows with `lanes` channels */
    int64_t lanes;
    struct units x, y; /* backward */
    bool tiles;        /* windows cover the image exactly once: dx is written, not added to */
};

/* The taps along axis d, for output position o, that fall inside the image: first pixel, step
 * between pixels, and how many. */
struct taps {
    int64_t first, step, n;
};

static inline struct taps taps_at(const struct rsl_window *w, int d, int64_t o) {
    int64_t start = o * w->stride[d] - w->pad_begin[d], step = w->dilation[d];
    if (start >= 0 && start + (w->kernel[d] - 1) * step < w->in[d])
        return (struct taps){start, step, w->kernel[d]};
    int64_t skipped = start < 0 ? (-start + step - 1) / step : 0;
    int64_t end = w->in[d] > start ? (w->in[d] - start + step - 1) / step : 0;
    if (end > w->kernel[d]) end = w->kernel[d];
    return (struct taps){start + skipped * step, step, end > skipped ? end - skipped : 0};
}

/* The largest elements of one window, per lane, and which tap holds the first of them. */
RSL_LANES_INLINE find_largest(const float *x, int64_t down, int64_t across, struct taps h,
                              struct taps v, float *best, int32_t *place) {
    RSL_EACH_LANE(l) best[l] = x[l];
    RSL_EACH_LANE(l) place[l] = 0;
    for (int64_t i = 0; i < h.n; i++)
        for (int64_t j = i == 0; j < v.n; j++) {
            const float *at = x + i * down + j * across;
            int32_t tap = (int32_t)(i * v.n + j);
            RSL_EACH_LANE(l) {
                int keep = (at[l] <= best[l]) | (best[l] != best[l]);
                best[l] = keep ? best[l] : at[l];
                place[l] = keep ? place[l] : tap;
            }
        }
}

/* What a group of lanes leaves over. */
static float largest(const float *x, int64_t down, int64_t across, struct taps h, struct taps v) {
    float best = *x;
    for (int64_t i = 0; i < h.n; i++)
        for (int64_t j = i == 0; j < v.n; j++) {
            float at = x[i * down + j * across];
            best = at <= best || best != best ? best : at;
        }
    return best;
}

/* One output row. */
RSL_LANES static void row_of_windows(const struct max_pool *k, const float *image, float *y,
                                     struct taps h) {
    const struct taps two = {.step = 1, .n = 2};
    int64_t pitch = k->lanes, down = h.step * k->w.in[1] * pitch;
    for (int64_t ow = 0; ow < k->w.out[1]; ow++, y += pitch) {
        struct taps v = taps_at(&k->w, 1, ow);
        const float *x = image + (h.first * k->w.in[1] + v.first) * pitch;
        int64_t across = v.step * pitch, c = 0;
        for (; c + LANES <= pitch; c += LANES) {
            float best[LANES];
            int32_t place[LANES];
            if (h.n == 2 && v.n == 2) /* the commonest, with all sizes known to the compiler */
                find_largest(x + c, down, across, two, two, best, place);
            else
                find_largest(x + c, down, across, h, v, best, place);
            RSL_EACH_LANE(l) y[c + l] = best[l];
        }
        for (; c < pitch; c++) y[c] = largest(x + c, down, across, h, v);
    }
}

/* data = {y, x} */
static void forward(const void *context, void *const *data) {
    const struct max_pool *k = context;
    const struct rsl_window *w = &k->w;
    float *y = data[0];
    const float *x = data[1];
    int64_t rows = k->units * w->out[0];
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        const float *image = x + r / w->out[0] * w->in[0] * w->in[1] * k->lanes;
        struct taps h = taps_at(w, 0, r % w->out[0]);
        row_of_windows(k, image, y + r * w->out[1] * k->lanes, h);
    }
}

/* Adds dy of one window where the largest element was; with `tiles` dx is written instead. */
RSL_LANES_INLINE add_there(const float *restrict dy, const int32_t *place, float *restrict dx,
                           int64_t down, int64_t across, struct taps h, struct taps v, bool tiles) {
    for (int64_t i = 0; i < h.n; i++)
        for (int64_t j = 0; j < v.n; j++) {
            float *at = dx + i * down + j * across;
            int32_t tap = (int32_t)(i * v.n + j);
            if (tiles)
                RSL_EACH_LANE(l) at[l] = place[l] == tap ? dy[l] : 0;
            else
                RSL_EACH_LANE(l) at[l] += place[l] == tap ? dy[l] : 0;
        }
}

/* A row of windows of a pool of 2x2 pixels that are 2 apart, the commonest: all sizes are known to
 * the compiler. */
RSL_LANES_INLINE tile_row(const struct max_pool *k, const float *x, const float *dy, float *dx,
                          int64_t oh) {
    const struct taps two = {.step = 1, .n = 2};
    int64_t pitch = k->x.pitch, down = k->w.in[1] * pitch, corner = 2 * oh * down;
    float best[LANES];
    int32_t place[LANES];
    for (int64_t ow = 0; ow < k->w.out[1]; ow++, corner += 2 * pitch, dy += k->y.pitch) {
        find_largest(x + corner, down, pitch, two, two, best, place);
        add_there(dy, place, dx + corner, down, pitch, two, two, true);
    }
}

/* The gradient of one unit. */
RSL_LANES static void unit_back(const struct max_pool *k, const float *x, const float *dy,
                                float *dx) {
    const struct rsl_window *w = &k->w;
    if (k->tiles) {
        for (int64_t oh = 0; oh < w->out[0]; oh++)
            tile_row(k, x, dy + oh * w->out[1] * k->y.pitch, dx, oh);
        return;
    }
    for (int64_t r = 0; r < k->x.area; r++) memset(dx + r * k->x.pitch, 0, LANES * sizeof *dx);
    for (int64_t oh = 0; oh < w->out[0]; oh++) {
        struct taps h = taps_at(w, 0, oh);
        for (int64_t ow = 0; ow < w->out[1]; ow++, dy += k->y.pitch) {
            struct taps v = taps_at(w, 1, ow);
            int64_t corner = (h.first * w->in[1] + v.first) * k->x.pitch;
            int64_t down = h.step * w->in[1] * k->x.pitch, across = v.step * k->x.pitch;
            float best[LANES];
            int32_t place[LANES];
            find_largest(x + corner, down, across, h, v, best, place);
            add_there(dy, place, dx + corner, down, across, h, v, false);
        }
    }
}

/* data = {dx, dy, x} */
static void backward(const void *context, void *const *data) {
    const struct max_pool *k = context;
    int64_t units = k->x.batch * k->x.groups;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < units; u++) {
        int64_t from = unit_start(&k->x, u);
        unit_back(k, (const float *)data[2] + from, (const float *)data[1] + unit_start(&k->y, u),
                  (float *)data[0] + from);
    }
}

static bool fits(const struct rsl_pool_geometry *g) {
    return g->window.rank == 2 && rsl_pool_holds_pixels(g) &&
           rsl_window_kernel_count(&g->window) <= INT32_MAX;
}

/* The layout both images are to have: blocked when the input is, else channels last. */
static bool plan(struct max_pool *k, const struct rsl_pool_geometry *g,
                 const dnnl_memory_desc_t *have, const struct rsl_call *c,
                 dnnl_memory_desc_t *want_x, dnnl_memory_desc_t *want_y) {
    const struct rsl_shape *x = &c->in[0]->shape, *y = &c->out[0]->shape;
    struct units u;
    bool blocked = have->format_desc.blocking.inner_nblks == 1 && rsl_dnnl_units(have, &u);
    *k = (struct max_pool){.w = g->window,
                           .units = blocked ? u.batch * u.groups : g->batch,
                           .lanes = blocked ? LANES : g->channels};
    return blocked ? rsl_dnnl_blocked(x, dnnl_f32, want_x) && rsl_dnnl_blocked(y, dnnl_f32, want_y)
                   : rsl_dnnl_channels_last(x, dnnl_f32, want_x) &&
                         rsl_dnnl_channels_last(y, dnnl_f32, want_y);
}

/* Windows of 2x2 without gap, overlap or padding, and no pixel left over. */
static bool is_tiling(const struct rsl_window *w) {
    bool tiles = w->rank == 2;
    for (int d = 0; d < w->rank; d++)
        tiles = tiles && w->kernel[d] == 2 && w->stride[d] == 2 && w->dilation[d] == 1 &&
                w->pad_begin[d] == 0 && w->in[d] == 2 * w->out[d];
    return tiles;
}

int rsl_dnnl_max_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    struct max_pool *k = rsl_arena_alloc(rq->arena, sizeof *k);
    dnnl_memory_desc_t have, want, out;
    if (!k) return RSL_ENOMEM;
    RSL_TRY(rsl_pool_geometry(&g, c));
    if ((c->n_out > 1 && c->out[1]) || !fits(&g) ||
        !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !plan(k, &g, &have, c, &want, &out))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s) return RSL_ENOMEM;
    s->base.name = "dnnl maximum";
    int x = rsl_seq_take(s, c, 0, &have, &want);
    int y = x < 0 ? x : rsl_seq_give(s, rq, 0, &out);
    int rc = y < 0 ? y : rsl_seq_function(s, forward, k, (const int[]){y, x}, 2, false);
    return rsl_seq_done(s, rc, rq, kernel);
}

int rsl_dnnl_max_pool_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    struct max_pool *k = rsl_arena_alloc(rq->arena, sizeof *k);
    dnnl_memory_desc_t have_x, have_dy, want_x, want_y;
    if (!k) return RSL_ENOMEM;
    RSL_TRY(rsl_pool_grad_geometry(&g, c, &c->in[1]->shape));
    k->w = g.window;
    k->tiles = is_tiling(&g.window);
    if (!fits(&g) || !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have_dy) ||
        !rsl_dnnl_describe(c->in[1], rq->in_layout[1], &have_x) ||
        !rsl_dnnl_blocked(&c->in[1]->shape, dnnl_f32, &want_x) ||
        !rsl_dnnl_blocked(&c->in[0]->shape, dnnl_f32, &want_y) || !rsl_dnnl_units(&want_x, &k->x) ||
        !rsl_dnnl_units(&want_y, &k->y))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s) return RSL_ENOMEM;
    s->base.name = "dnnl maximum, back";
    int dx = rsl_seq_give(s, rq, 0, &want_x);
    int dy = dx < 0 ? dx : rsl_seq_take(s, c, 0, &have_dy, &want_y);
    int x = dy < 0 ? dy : rsl_seq_take(s, c, 1, &have_x, &want_x);
    int rc = x < 0 ? x : rsl_seq_function(s, backward, k, (const int[]){dx, dy, x}, 3, false);
    return rsl_seq_done(s, rc, rq, kernel);
}
