/* See conv_reference.h. */
#include "ops/conv_reference.h"

#include "ops/integer_operands.h"

#include <assert.h>
#include <string.h>

/* A 1x1 window without strides and pads sees the image as one long row: no loop over rows. */
static struct rsl_window flatten(const struct rsl_window *w) {
    for (int i = 0; i < w->rank; i++)
        if (w->kernel[i] != 1 || w->stride[i] != 1 || w->pad_begin[i] != 0 || w->in[i] != w->out[i])
            return *w;
    int64_t area = rsl_window_in_count(w);
    return (struct rsl_window){
        .rank = 1, .in = {area}, .out = {area}, .kernel = {1}, .stride = {1}, .dilation = {1}};
}

static void sizes(struct rsl_conv_run *r, const struct rsl_conv_geometry *g) {
    int64_t a = g->in_channels, b = g->out_channels;
    r->g = g;
    r->window = flatten(&g->window);
    r->n_weights = a / g->group * b * rsl_window_kernel_count(&g->window);
    r->n_image = a * rsl_window_in_count(&g->window);
    r->n_plane = rsl_window_out_count(&g->window);
}

size_t rsl_conv_scratch(const struct rsl_conv_geometry *g) {
    struct rsl_conv_run r;
    sizes(&r, g);
    return (size_t)(r.n_weights + r.n_image + r.n_plane) * sizeof(double);
}

void rsl_conv_start(struct rsl_conv_run *r, const struct rsl_conv_geometry *g,
                    const struct rsl_call *c, int w) {
    assert(c->scratch_size >= rsl_conv_scratch(g));
    sizes(r, g);
    r->weights = c->scratch;
    r->image = r->weights + r->n_weights;
    r->plane = r->image + r->n_image;
    const struct rsl_tensor *t = c->in[w];
    rsl_dtype_traits((int)t->dtype)->to_double(t->data, r->weights, (size_t)r->n_weights);
}

void rsl_conv_image(struct rsl_conv_run *r, const struct rsl_tensor *x, int64_t n) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    const char *from = (const char *)x->data + (size_t)(n * r->n_image) * t->bytes;
    t->to_double(from, r->image, (size_t)r->n_image);
}

/* A window sits on the `fine` grid once per position of the `coarse` grid: fine = coarse * stride +
 * shift. Convolution reads the fine grid (input) and writes the coarse one, transposed convolution
 * the other way round. One tap: the coarse positions whose fine position exists, row by row. */
static void add_tap(const struct rsl_window *w, bool transposed, const int64_t *tap, double weight,
                    const double *x, double *y) {
    const int64_t *coarse = transposed ? w->in : w->out;
    const int64_t *fine = transposed ? w->out : w->in;
    int64_t low[RSL_MAX_SPATIAL], high[RSL_MAX_SPATIAL], shift[RSL_MAX_SPATIAL];
    for (int i = 0; i < w->rank; i++) {
        shift[i] = tap[i] * w->dilation[i] - w->pad_begin[i];
        low[i] = shift[i] >= 0 ? 0 : (-shift[i] + w->stride[i] - 1) / w->stride[i];
        high[i] = fine[i] <= shift[i] ? 0 : (fine[i] - shift[i] - 1) / w->stride[i] + 1;
        if (high[i] > coarse[i]) high[i] = coarse[i];
        if (low[i] >= high[i]) return;
    }
    int last = w->rank - 1;
    int64_t at[RSL_MAX_SPATIAL], stride = w->stride[last], n = high[last] - low[last];
    memcpy(at, low, sizeof at);
    do {
        int64_t from = 0, to = 0;
        for (int i = 0; i < w->rank; i++) {
            from = from * coarse[i] + at[i];
            to = to * fine[i] + at[i] * w->stride[i] + shift[i];
        }
        if (transposed)
            for (int64_t i = 0; i < n; i++) y[to + i * stride] += weight * x[from + i];
        else if (stride == 1)
            for (int64_t i = 0; i < n; i++) y[from + i] += weight * x[to + i];
        else
            for (int64_t i = 0; i < n; i++) y[from + i] += weight * x[to + i * stride];
    } while (rsl_window_next(last, at, low, high));
}

double *rsl_conv_plane(struct rsl_conv_run *r, int64_t m) {
    const struct rsl_conv_geometry *g = r->g;
    const int64_t zero[RSL_MAX_SPATIAL] = {0};
    int64_t in_per_group = g->in_channels / g->group, out_per_group = g->out_channels / g->group;
    int64_t first = m / out_per_group * in_per_group;
    int64_t taps = rsl_window_kernel_count(&g->window), area = rsl_window_in_count(&g->window);
    memset(r->plane, 0, (size_t)r->n_plane * sizeof *r->plane);
    for (int64_t c = 0; c < in_per_group; c++) {
        int64_t row =
            g->transposed ? (first + c) * out_per_group + m % out_per_group : m * in_per_group + c;
        const double *weight = r->weights + row * taps;
        int64_t tap[RSL_MAX_SPATIAL] = {0};
        do
            add_tap(&r->window, g->transposed, tap, *weight++, r->image + (first + c) * area,
                    r->plane);
        while (rsl_window_next(r->window.rank, tap, zero, r->window.kernel));
    }
    return r->plane;
}

void rsl_conv_store(const struct rsl_conv_run *r, struct rsl_tensor *y, int64_t n, int64_t m) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)y->dtype);
    int64_t first = (n * r->g->out_channels + m) * r->n_plane;
    t->from_double(r->plane, (char *)y->data + (size_t)first * t->bytes, (size_t)r->n_plane);
}

void rsl_conv_forward(const struct rsl_call *c, const struct rsl_conv_geometry *g) {
    struct rsl_conv_run r;
    const struct rsl_tensor *bias = c->n_in > 2 ? c->in[2] : NULL;
    rsl_conv_start(&r, g, c, 1);
    for (int64_t n = 0; n < g->batch; n++) {
        rsl_conv_image(&r, c->in[0], n);
        for (int64_t m = 0; m < g->out_channels; m++) {
            double *y = rsl_conv_plane(&r, m), b = bias ? rsl_tensor_double(bias, m) : 0;
            for (int64_t i = 0; i < r.n_plane; i++) y[i] += b;
            rsl_conv_store(&r, c->out[0], n, m);
        }
    }
}

void rsl_conv_subtract_zero(struct rsl_conv_run *r, const struct rsl_call *c, int i) {
    int64_t each = r->n_weights / r->g->out_channels;
    for (int64_t k = 0; k < r->n_weights; k++) r->weights[k] -= rsl_parameter(c, i, k / each);
}
