/* MaxPool and its gradient: loops of our own, because oneDNN's maximum drops NaN.
 *
 * Channels-last and blocked layouts are both rows of channels: a unit is an image, or a group of
 * its channels, with one row per pixel. */
#include "dnnl/dnnl_int.h"
#include "dnnl/lanes.h"
#include "ops/pool_gradient.h"

#include <string.h>

enum { CHUNK = 64 }; /* lanes at a time in the gradient */

struct max_pool {
    struct rsl_window w;
    int64_t units;
    int64_t lanes; /* channels per row */
};

/* The taps along axis d, for output position o, that fall inside the image: first pixel, step
 * between pixels, and how many. */
struct taps {
    int64_t first, step, n;
};

static struct taps taps_at(const struct rsl_window *w, int d, int64_t o) {
    int64_t start = o * w->stride[d] - w->pad_begin[d], step = w->dilation[d];
    int64_t skipped = start < 0 ? (-start + step - 1) / step : 0;
    int64_t end = w->in[d] > start ? (w->in[d] - start + step - 1) / step : 0;
    if (end > w->kernel[d]) end = w->kernel[d];
    return (struct taps){start + skipped * step, step, end > skipped ? end - skipped : 0};
}

/* One output row: y[c] = max over the window; the first tap initialises. */
static void window_max(const struct max_pool *k, const float *image, float *y, struct taps h,
                       struct taps v) {
    for (int64_t t = 0; t < h.n * v.n; t++) {
        int64_t row = (h.first + t / v.n * h.step) * k->w.in[1] + v.first + t % v.n * v.step;
        const float *x = image + row * k->lanes;
        if (t == 0)
            memcpy(y, x, (size_t)k->lanes * sizeof *y);
        else
            for (int64_t c = 0; c < k->lanes; c++)
                y[c] = x[c] <= y[c] || y[c] != y[c] ? y[c] : x[c];
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
        for (int64_t ow = 0; ow < w->out[1]; ow++)
            window_max(k, image, y + (r * w->out[1] + ow) * k->lanes, h, taps_at(w, 1, ow));
    }
}

/* Adds dy of one window to the first of the largest elements, for `n` lanes. */
static void window_back(const struct max_pool *k, const float *image, const float *dy, float *dx,
                        struct taps h, struct taps v, int64_t n) {
    float best[CHUNK];
    int32_t place[CHUNK];
    for (int64_t t = 0; t < h.n * v.n; t++) {
        int64_t row = (h.first + t / v.n * h.step) * k->w.in[1] + v.first + t % v.n * v.step;
        const float *x = image + row * k->lanes;
        for (int64_t c = 0; c < n; c++) {
            bool keep = t > 0 && (x[c] <= best[c] || best[c] != best[c]);
            best[c] = keep ? best[c] : x[c];
            place[c] = keep ? place[c] : (int32_t)t;
        }
    }
    for (int64_t t = 0; t < h.n * v.n; t++) {
        int64_t row = (h.first + t / v.n * h.step) * k->w.in[1] + v.first + t % v.n * v.step;
        float *to = dx + row * k->lanes;
        for (int64_t c = 0; c < n; c++) to[c] += place[c] == (int32_t)t ? dy[c] : 0;
    }
}

/* data = {dx, dy, x} */
static void backward(const void *context, void *const *data) {
    const struct max_pool *k = context;
    const struct rsl_window *w = &k->w;
    int64_t in = w->in[0] * w->in[1] * k->lanes, out = w->out[0] * w->out[1] * k->lanes;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < k->units; u++) {
        float *dx = (float *)data[0] + u * in;
        const float *dy = (const float *)data[1] + u * out, *x = (const float *)data[2] + u * in;
        memset(dx, 0, (size_t)in * sizeof *dx);
        for (int64_t oh = 0; oh < w->out[0]; oh++)
            for (int64_t ow = 0; ow < w->out[1]; ow++, dy += k->lanes)
                for (int64_t c = 0; c < k->lanes; c += CHUNK)
                    window_back(k, x + c, dy + c, dx + c, taps_at(w, 0, oh), taps_at(w, 1, ow),
                                k->lanes - c < CHUNK ? k->lanes - c : CHUNK);
    }
}

/* Every window must hold a pixel: with dilation a window may fall between them. */
static bool windows_hold_pixels(const struct rsl_window *w) {
    for (int d = 0; d < w->rank; d++)
        if (w->dilation[d] != 1 && (w->pad_begin[d] || w->pad_end[d])) return false;
    return true;
}

/* The layout both images are to have, like that of the input described by `have`. */
static bool plan(struct max_pool *k, const struct rsl_pool_geometry *g,
                 const dnnl_memory_desc_t *have, const struct rsl_shape *x,
                 const struct rsl_shape *y, dnnl_memory_desc_t *want_x,
                 dnnl_memory_desc_t *want_y) {
    struct units u;
    bool blocked = rsl_dnnl_units(have, &u) && u.pitch == LANES && !u.bf16 &&
                   have->format_desc.blocking.inner_nblks == 1;
    if (g->window.rank != 2 || !windows_hold_pixels(&g->window) ||
        rsl_window_kernel_count(&g->window) > INT32_MAX)
        return false;
    *k = (struct max_pool){.w = g->window,
                           .units = blocked ? u.batch * u.groups : g->batch,
                           .lanes = blocked ? LANES : g->channels};
    return blocked ? rsl_dnnl_blocked(x, dnnl_f32, want_x) && rsl_dnnl_blocked(y, dnnl_f32, want_y)
                   : rsl_dnnl_channels_last(x, dnnl_f32, want_x) &&
                         rsl_dnnl_channels_last(y, dnnl_f32, want_y);
}

int rsl_dnnl_max_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    struct max_pool *k = rsl_arena_alloc(rq->arena, sizeof *k);
    dnnl_memory_desc_t have, want, out;
    if (!k) return RSL_ENOMEM;
    RSL_TRY(rsl_pool_geometry(&g, c));
    if ((c->n_out > 1 && c->out[1]) || !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !plan(k, &g, &have, &c->in[0]->shape, &c->out[0]->shape, &want, &out))
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
    if (!rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have_dy) ||
        !rsl_dnnl_describe(c->in[1], rq->in_layout[1], &have_x) ||
        !plan(k, &g, &have_x, &c->in[1]->shape, &c->in[0]->shape, &want_x, &want_y))
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
