/* Products of rows of unsigned bytes and packed weights: what qlinear_columns.c and
 * qlinear_together.c share. A row holds the channels of a pixel for each tap, wherever the taps
 * lie. Only for processors with AVX-512 and VNNI. */
#ifndef RSL_DNNL_QLINEAR_ROWS_H
#define RSL_DNNL_QLINEAR_ROWS_H

#include "dnnl/qlinear_own.h"

enum {
    RSL_ROWS_AT_ONCE = 12,
    RSL_ROWS_LEAST = 64,     /* of a layer: fewer are bound by reading the weights */
    RSL_ROWS_MOST_TAPS = 49, /* 7x7 */
    RSL_ROWS_BETWEEN = 64 /* bytes: a multiple of a page would put all rows into the same few places
                             of the first-level cache */
};

/* Rows of `n` output pixels, one `step` pixels after the other from number `first` on, `pitch`
 * bytes after each other. They are read in fours: the memory of the last four has to be there. */
struct rsl_rows {
    const char *v;
    int64_t n, pitch, first, step;
};

/* Their taps: number tap[i] of the kernel has its channels from byte at[i] of a row on. */
struct rsl_taps {
    int64_t n, tap[RSL_ROWS_MOST_TAPS], at[RSL_ROWS_MOST_TAPS];
};

/* The first pixel of a window, or a tap's place in it. */
struct rsl_place {
    int64_t h, w;
};
static inline struct rsl_place rsl_window_place(const struct rsl_window *w, int64_t pixel) {
    return (struct rsl_place){pixel / w->out[1] * w->stride[0] - w->pad_begin[0],
                              pixel % w->out[1] * w->stride[1] - w->pad_begin[1]};
}
static inline struct rsl_place rsl_tap_place(const struct rsl_window *w, int64_t tap) {
    return (struct rsl_place){tap / w->kernel[1] * w->dilation[0],
                              tap % w->kernel[1] * w->dilation[1]};
}
/* The number of the input's pixel under a tap; -1: padding. */
static inline int64_t rsl_pixel_at(const struct rsl_window *w, struct rsl_place window,
                                   struct rsl_place tap) {
    int64_t h = window.h + tap.h, v = window.w + tap.w;
    return h < 0 || h >= w->in[0] || v < 0 || v >= w->in[1] ? -1 : h * w->in[1] + v;
}

/* Sets how the weights are packed: [M][C][taps] -> [M/LANES][taps][C/4][LANES][4]. */
void rsl_rows_weights(struct rsl_own *k);

/* Copies channels, a multiple of RSL_OWN_LANES. */
void rsl_rows_copy(char *to, const char *from, int64_t channels);

/* RSL_OWN_LANES output channels, from m on, of the rows; `data` is that of the run. */
void rsl_rows_run(const struct rsl_own *k, void *const *data, const struct rsl_taps *taps,
                  const struct rsl_rows *rows, int64_t m);

#endif
