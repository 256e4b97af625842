/* FusedQLinearConv whose windows step over pixels, which oneDNN does at half of the processor's
 * speed: the pixels under each window are gathered into a row (qlinear_rows.h), a few rows at a
 * time for all output channels. */
#include "dnnl/qlinear_rows.h"

#include "base/status.h"

#if defined(__x86_64__)
#include <omp.h>

enum {
    RUN = 4 * RSL_ROWS_AT_ONCE, /* rows gathered together */
    CACHE_BYTES = 1 << 20,      /* of them, at most */
    FAR_BYTES = 2 << 20         /* of an input that second-level caches do not hold */
};

struct layer {
    struct rsl_own own;
    int64_t rows;          /* output pixels of all images */
    int64_t parts;         /* of the output channels, for other threads */
    struct rsl_taps taps;  /* all of them, one after the other */
    struct rsl_place *tap; /* their places in the window */
    const char *zeros;     /* [C], for pixels on padding */
    bool far;              /* the input */
};

static inline int64_t pitch_of(const struct layer *k) {
    return k->own.g.in_channels * k->own.taps + RSL_ROWS_BETWEEN;
}

static void gather(const struct layer *k, const char *x, int64_t row, char *v) {
    const struct rsl_window *w = &k->own.g.window;
    int64_t pixels = rsl_window_out_count(w), channels = k->own.g.in_channels;
    const struct rsl_place window = rsl_window_place(w, row % pixels);
    x += row / pixels * rsl_window_in_count(w) * channels;
    for (int64_t t = 0; t < k->own.taps; t++) {
        int64_t pixel = rsl_pixel_at(w, window, k->tap[t]);
        rsl_rows_copy(v + t * channels, pixel < 0 ? k->zeros : x + pixel * channels, channels);
    }
}

/* Asks for the pixels that a row needs and no later row has: those less than a step from the
 * first one of its window. */
static void ask_pixels(const struct layer *k, const char *x, int64_t row) {
    const struct rsl_window *w = &k->own.g.window;
    int64_t pixels = rsl_window_out_count(w), channels = k->own.g.in_channels;
    const struct rsl_place window = rsl_window_place(w, row % pixels);
    x += row / pixels * rsl_window_in_count(w) * channels;
    for (int64_t t = 0; t < k->own.taps; t++) {
        if (k->tap[t].h >= w->stride[0] || k->tap[t].w >= w->stride[1]) continue;
        int64_t pixel = rsl_pixel_at(w, window, k->tap[t]);
        for (int64_t c = 0; pixel >= 0 && c < channels; c += RSL_OWN_LINE)
            __builtin_prefetch(x + pixel * channels + c);
    }
}

/* While output channels from m on are computed, asks for their share of the rows from `first` on,
 * which come next. */
static void ask_rows(const struct layer *k, void *const *data, int64_t first, int64_t m) {
    int64_t channels = k->own.g.out_channels, row = first + m * RUN / channels;
    int64_t end = rsl_own_least(first + (m + RSL_OWN_LANES) * RUN / channels, k->rows);
    for (; row < end; row++) ask_pixels(k, data[RSL_OWN_X], row);
}

/* A run of rows, and every parts-th block of output channels; the run from `next` on will follow.
 */
static void run_rows(const struct layer *k, void *const *data, int64_t first, int64_t part,
                     int64_t next) {
    int64_t pitch = pitch_of(k), n = rsl_own_least(k->rows - first, RUN);
    char *v = (char *)data[RSL_OWN_V] + omp_get_thread_num() * RUN * pitch;
    const struct rsl_rows rows = {v, n, pitch, first, 1};
    for (int64_t r = 0; r < n; r++) gather(k, data[RSL_OWN_X], first + r, v + r * pitch);
    for (int64_t m = part * RSL_OWN_LANES; m < k->own.g.out_channels;
         m += k->parts * RSL_OWN_LANES) {
        if (k->far) ask_rows(k, data, next, m);
        rsl_rows_run(&k->own, data, &k->taps, &rows, m);
    }
}

static void run(const struct rsl_own *own, void *const *data) {
    const struct layer *k = (const struct layer *)own;
    int64_t runs = rsl_own_ceiling(k->rows, RUN), ahead = rsl_own_ceiling(own->threads, k->parts);
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < runs * k->parts; i++)
        run_rows(k, data, i / k->parts * RUN, i % k->parts, (i / k->parts + ahead) * RUN);
}

static bool pays(const struct qlinear_conv *q) {
    const struct rsl_window *w = &q->g.window;
    const int64_t taps = rsl_window_kernel_count(w);
    return q->want_x.data_type == dnnl_u8 && (w->stride[0] > 1 || w->stride[1] > 1) &&
           taps <= RSL_ROWS_MOST_TAPS && RUN * q->g.in_channels * taps <= CACHE_BYTES &&
           q->g.batch * rsl_window_out_count(w) >= RSL_ROWS_LEAST;
}

int rsl_own_columns(const struct qlinear_conv *q, struct seq **way, size_t *scratch) {
    const struct rsl_window *w = &q->g.window;
    const int64_t channels = q->g.in_channels, taps = rsl_window_kernel_count(w);
    if (!pays(q)) return RSL_OK;
    struct layer *k = rsl_own_new(q, sizeof *k);
    char *zeros = rsl_arena_alloc(q->rq->arena, (size_t)channels);
    struct rsl_place *tap = rsl_arena_array(q->rq->arena, (size_t)taps, sizeof *tap);
    if (!k || !zeros || !tap) return RSL_ENOMEM;
    k->zeros = zeros;
    k->tap = tap;
    k->taps.n = taps;
    for (int64_t t = 0; t < taps; t++) {
        tap[t] = rsl_tap_place(w, t);
        k->taps.tap[t] = t;
        k->taps.at[t] = t * channels;
    }
    k->rows = q->g.batch * rsl_window_out_count(w);
    k->parts = rsl_own_parts(&k->own, rsl_own_ceiling(k->rows, RUN));
    k->far = q->g.batch * rsl_window_in_count(w) * channels > FAR_BYTES;
    rsl_rows_weights(&k->own);
    k->own.v_bytes = (size_t)(k->own.threads * RUN * pitch_of(k));
    k->own.run = run;
    k->own.name = "integer columns";
    return rsl_own_build(&k->own, q, way, scratch);
}

#endif
