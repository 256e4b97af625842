/* FusedQLinearConv of images of a few pixels, which oneDNN takes one after the other: the same
 * output pixel of all images makes the rows of a product (qlinear_rows.h), so that weights are read
 * for many images, and taps on padding are left out (2x2 outputs of a 3x3 kernel: five of nine). */
#include "dnnl/qlinear_rows.h"

#include "base/status.h"

#if defined(__x86_64__)
#include <omp.h>

enum {
    MOST_PIXELS = 64, /* of an output */
    LEAST_IMAGES = 8,
    CACHE_BYTES = 400 << 10 /* of the images of a run */
};

struct layer {
    struct rsl_own own;
    int64_t run;           /* images at a time, a multiple of 4 */
    int64_t parts;         /* of the output channels, for other threads */
    struct rsl_taps *taps; /* of each output pixel, those not on padding */
};

static inline int64_t image_bytes(const struct rsl_conv_geometry *g) {
    return rsl_window_in_count(&g->window) * g->in_channels;
}
static inline int64_t pitch_of(const struct rsl_conv_geometry *g) {
    return image_bytes(g) + RSL_ROWS_BETWEEN;
}

/* A run of images, and every parts-th block of output channels. */
static void run_images(const struct layer *k, void *const *data, int64_t first, int64_t part) {
    int64_t pixels = rsl_window_out_count(&k->own.g.window), pitch = pitch_of(&k->own.g);
    struct rsl_rows rows = {.v = (const char *)data[RSL_OWN_V] + first * pitch,
                            .n = rsl_own_least(k->own.g.batch - first, k->run),
                            .pitch = pitch,
                            .step = pixels};
    for (int64_t m = part * RSL_OWN_LANES; m < k->own.g.out_channels; m += k->parts * RSL_OWN_LANES)
        for (int64_t p = 0; p < pixels; p++) {
            rows.first = first * pixels + p;
            rsl_rows_run(&k->own, data, &k->taps[p], &rows, m);
        }
}

static void run(const struct rsl_own *own, void *const *data) {
    const struct layer *k = (const struct layer *)own;
    int64_t bytes = image_bytes(&own->g), pitch = pitch_of(&own->g);
    int64_t runs = rsl_own_ceiling(own->g.batch, k->run);
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < own->g.batch; i++)
            rsl_rows_copy((char *)data[RSL_OWN_V] + i * pitch,
                          (const char *)data[RSL_OWN_X] + i * bytes, bytes);
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < runs * k->parts; i++)
            run_images(k, data, i / k->parts * k->run, i % k->parts);
    }
}

static void find_taps(const struct layer *k, int64_t pixel, struct rsl_taps *taps) {
    const struct rsl_window *w = &k->own.g.window;
    taps->n = 0;
    for (int64_t t = 0; t < k->own.taps; t++) {
        int64_t at = rsl_pixel_at(w, rsl_window_place(w, pixel), rsl_tap_place(w, t));
        if (at < 0) continue;
        taps->tap[taps->n] = t;
        taps->at[taps->n++] = at * k->own.g.in_channels;
    }
}

static bool pays(const struct qlinear_conv *q) {
    const struct rsl_window *w = &q->g.window;
    int64_t pixels = rsl_window_out_count(w), taps = rsl_window_kernel_count(w);
    return q->want_x.data_type == dnnl_u8 && pixels <= MOST_PIXELS && taps > 1 &&
           taps <= RSL_ROWS_MOST_TAPS && q->g.batch >= LEAST_IMAGES &&
           q->g.batch * pixels >= RSL_ROWS_LEAST &&
           RSL_ROWS_AT_ONCE * pitch_of(&q->g) <= CACHE_BYTES;
}

int rsl_own_together(const struct qlinear_conv *q, struct seq **way, size_t *scratch) {
    const struct rsl_conv_geometry *g = &q->g;
    if (!pays(q)) return RSL_OK;
    int64_t pixels = rsl_window_out_count(&g->window);
    struct layer *k = rsl_own_new(q, sizeof *k);
    struct rsl_taps *taps = rsl_arena_array(q->rq->arena, (size_t)pixels, sizeof *taps);
    if (!k || !taps) return RSL_ENOMEM;
    k->taps = taps;
    for (int64_t p = 0; p < pixels; p++) find_taps(k, p, &taps[p]);
    k->run = CACHE_BYTES / pitch_of(g) / RSL_ROWS_AT_ONCE * RSL_ROWS_AT_ONCE;
    int64_t images = rsl_own_ceiling(g->batch, 4) * 4;
    k->run = rsl_own_least(k->run, images);
    k->parts = rsl_own_parts(&k->own, rsl_own_ceiling(g->batch, k->run));
    rsl_rows_weights(&k->own);
    k->own.v_bytes = (size_t)(images * pitch_of(g));
    k->own.run = run;
    k->own.name = "integer columns, images together";
    return rsl_own_build(&k->own, q, way, scratch);
}

#endif
