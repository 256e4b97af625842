/* See slide.h. */
#include "replay/slide.h"

void rsl_slide_from(struct slide *axis, const struct rsl_window *w) {
    for (int a = 0; a < 2; a++) {
        int from = a - (2 - w->rank);
        axis[a] = (struct slide){.kernel = 1, .stride = 1, .dilation = 1};
        if (from < 0) continue;
        axis[a] = (struct slide){.kernel = (int)w->kernel[from],
                                 .stride = (int)w->stride[from],
                                 .pad = (int)w->pad_begin[from],
                                 .pad_end = (int)w->pad_end[from],
                                 .dilation = (int)w->dilation[from]};
    }
}

static int clip(int v, int most) {
    return v < 0 ? 0 : v > most ? most : v;
}

static void spread(const struct slide *a, int size, int from, int to, int *first, int *end) {
    int low = from + a->pad - (a->kernel - 1) * a->dilation, high = to - 1 + a->pad;
    *first = low <= 0 ? 0 : (low + a->stride - 1) / a->stride;
    *end = high < 0 ? 0 : clip(high / a->stride + 1, size);
}

struct rsl_box rsl_slide_spread(const struct slide axis[2], const struct replay_value *y,
                                const struct rsl_box *in) {
    struct rsl_box b;
    spread(&axis[0], y->height, in->row0, in->row1, &b.row0, &b.row1);
    spread(&axis[1], y->width, in->col0, in->col1, &b.col0, &b.col1);
    return b;
}

static void reach(const struct slide *a, int size, int from, int to, int *first, int *end) {
    *first = clip(from * a->stride - a->pad, size);
    *end = clip((to - 1) * a->stride - a->pad + (a->kernel - 1) * a->dilation + 1, size);
}

struct rsl_box rsl_slide_reach(const struct slide axis[2], const struct replay_value *x,
                               const struct rsl_box *out) {
    struct rsl_box b;
    reach(&axis[0], x->height, out->row0, out->row1, &b.row0, &b.row1);
    reach(&axis[1], x->width, out->col0, out->col1, &b.col0, &b.col1);
    return b;
}

void rsl_slide_taps(const struct slide *a, int in, int o, int *t0, int *t1) {
    int start = o * a->stride - a->pad, d = a->dilation;
    *t0 = start >= 0 ? 0 : (-start + d - 1) / d;
    *t1 = start >= in ? 0 : (in - 1 - start) / d + 1;
    if (*t1 > a->kernel) *t1 = a->kernel;
    if (*t0 > *t1) *t0 = *t1;
}
