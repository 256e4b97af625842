/* See pool_reference.h. */
#include "ops/pool_reference.h"

#include <assert.h>

/* One channel's elements, one window's elements and their places. */
size_t rsl_pool_scratch(const struct rsl_pool_geometry *g) {
    int64_t area = rsl_window_in_count(&g->window), taps = rsl_window_kernel_count(&g->window);
    return (size_t)area * sizeof(double) + (size_t)taps * (sizeof(double) + sizeof(int64_t));
}

/* The taps of the window at output position `at` that lie on the input, and how many lie on input
 * or padding; the box is empty when any axis has low >= high. */
static int64_t clip_window(const struct rsl_window *w, const int64_t *at, int64_t *low,
                           int64_t *high, bool *empty) {
    int64_t padded = 1;
    *empty = false;
    for (int i = 0; i < w->rank; i++) {
        int64_t d = w->dilation[i], start = at[i] * w->stride[i] - w->pad_begin[i];
        int64_t end = w->in[i] - start, wall = end + w->pad_end[i];
        low[i] = start >= 0 ? 0 : (-start + d - 1) / d;
        high[i] = end <= 0 ? 0 : (end - 1) / d + 1;
        if (high[i] > w->kernel[i]) high[i] = w->kernel[i];
        int64_t reached = wall <= 0 ? 0 : (wall - 1) / d + 1;
        padded *= reached < w->kernel[i] ? reached : w->kernel[i];
        if (low[i] >= high[i]) *empty = true;
    }
    return padded;
}

static int64_t gather(const struct rsl_window *w, const int64_t *at, const int64_t *low,
                      const int64_t *high, const double *image, double *values, int64_t *places) {
    int64_t tap[RSL_MAX_SPATIAL], n = 0;
    for (int i = 0; i < w->rank; i++) tap[i] = low[i];
    do {
        int64_t place = 0;
        for (int i = 0; i < w->rank; i++)
            place =
                place * w->in[i] + at[i] * w->stride[i] + tap[i] * w->dilation[i] - w->pad_begin[i];
        places[n] = place;
        values[n++] = image[place];
    } while (rsl_window_next(w->rank, tap, low, high));
    return n;
}

void rsl_pool_forward(const struct rsl_call *c, const struct rsl_pool_geometry *g,
                      rsl_pool_reduce reduce, int64_t *places_out) {
    assert(c->scratch_size >= rsl_pool_scratch(g));
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *tx = rsl_dtype_traits((int)x->dtype);
    const struct rsl_window *w = &g->window;
    const int64_t zero[RSL_MAX_SPATIAL] = {0};
    int64_t area = rsl_window_in_count(w), planes = g->batch * g->channels, o = 0;
    double *image = c->scratch, *values = image + area;
    int64_t *places = (int64_t *)(values + rsl_window_kernel_count(w));
    for (int64_t p = 0; p < planes; p++) {
        tx->to_double((const char *)x->data + (size_t)(p * area) * tx->bytes, image, (size_t)area);
        int64_t at[RSL_MAX_SPATIAL] = {0}, low[RSL_MAX_SPATIAL], high[RSL_MAX_SPATIAL];
        do {
            bool empty;
            struct rsl_pool_window window = {.values = values, .wide = c->in[0]->dtype == RSL_f64};
            window.padded = clip_window(w, at, low, high, &empty);
            if (!empty) window.n = gather(w, at, low, high, image, values, places);
            int64_t best = -1;
            double y = reduce(c->node, &window, &best);
            if (c->out[0]) rsl_tensor_set_double(c->out[0], o, y);
            if (places_out) places_out[o] = best < 0 ? -1 : p * area + places[best];
            o++;
        } while (rsl_window_next(w->rank, at, zero, w->out));
    }
}

int rsl_global_pool_infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_rank(c, 0, 3, RSL_MAX_RANK));
    struct rsl_shape out = c->in[0]->shape;
    int64_t area = rsl_shape_span(&out, 2, out.rank);
    if (area < 1) return rsl_fail(RSL_ESHAPE, "input 0 has no spatial positions");
    for (int i = 2; i < out.rank; i++) out.dim[i] = 1;
    c->scratch_size = (size_t)area * sizeof(double);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

int rsl_global_pool_forward(const struct rsl_call *c, rsl_pool_reduce reduce) {
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    int64_t area = rsl_shape_span(&x->shape, 2, x->shape.rank);
    int64_t planes = x->shape.dim[0] * x->shape.dim[1], best;
    struct rsl_pool_window window = {
        .n = area, .values = c->scratch, .padded = area, .wide = c->in[0]->dtype == RSL_f64};
    for (int64_t p = 0; p < planes; p++) {
        t->to_double((const char *)x->data + (size_t)(p * area) * t->bytes, c->scratch,
                     (size_t)area);
        rsl_tensor_set_double(c->out[0], p, reduce(c->node, &window, &best));
    }
    return RSL_OK;
}
