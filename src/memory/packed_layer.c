/* See packed_layer.h and, for the arithmetic, packed.h. */
#include "memory/packed_layer.h"

#include "base/status.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum {
    QUAD = 4 * RSL_PACKED_DIGITS,
    OUTPUTS = RSL_PACKED_OUTPUTS,
    PIXELS = RSL_PACKED_PIXELS,
    MOST_ROWS = 256
};

/* ---- planning ---- */

static size_t aligned(size_t n) {
    return (n + 63) & ~(size_t)63;
}

static int64_t pixels_of(const struct rsl_packed_layer *l) {
    return l->out[0] * l->out[1];
}

static int64_t blocks_of(const struct rsl_packed_layer *l) {
    return (l->terms + RSL_PACKED_BLOCK - 1) / RSL_PACKED_BLOCK;
}

/* Quads of channels waste what is missing to a multiple of four channels, quads along a row of the
 * kernel what is missing there: whichever is less. */
static void choose_quads(struct rsl_packed_layer *l) {
    int64_t by_channel = (l->channels + 3) / 4 * l->kernel[0] * l->kernel[1],
            along = l->channels * l->kernel[0] * ((l->kernel[1] + 3) / 4);
    l->along = l->dilation[1] == 1 && along < by_channel;
    l->planes = l->along ? l->channels : (l->channels + 3) / 4;
    l->quads = l->along ? along : by_channel;
    l->high = l->in[0] + l->pad_begin[0] + l->pad_end[0];
    l->wide = l->in[1] + l->pad_begin[1] + l->pad_end[1];
}

static void fill_offsets(struct rsl_packed_layer *l) {
    int64_t columns = l->along ? (l->kernel[1] + 3) / 4 : l->kernel[1];
    int64_t step = l->along ? 4 : l->dilation[1];
    int32_t *at = l->offset;
    for (int64_t c = 0; c < l->planes; c++)
        for (int64_t r = 0; r < l->kernel[0]; r++)
            for (int64_t s = 0; s < columns; s++)
                *at++ = (int32_t)(((c * l->high + r * l->dilation[0]) * l->wide + s * step) * QUAD);
    at = l->pixel;
    for (int64_t r = 0; r < l->out[0]; r++)
        for (int64_t s = 0; s < l->out[1]; s++)
            *at++ = (int32_t)((r * l->stride[0] * l->wide + s * l->stride[1]) * QUAD);
}

static size_t image_bytes(const struct rsl_packed_layer *l) {
    if (l->stream) return (size_t)blocks_of(l) * RSL_PACKED_BLOCK * RSL_PACKED_DIGITS * 2;
    return (size_t)(l->planes * l->high * l->wide) * QUAD;
}

bool rsl_packed_layer_plan(struct rsl_packed_layer *l, struct rsl_arena *arena, int *rc) {
    *rc = RSL_OK;
    l->terms = l->channels * l->kernel[0] * l->kernel[1];
    choose_quads(l);
    l->stream =
        l->images * pixels_of(l) == 1 && l->in[0] * l->in[1] == 1 && l->terms == l->channels;
    if (l->quads * 4 > RSL_PACKED_TERMS || l->terms < 1 || image_bytes(l) > INT32_MAX) return false;
    l->offset = rsl_arena_array(arena, (size_t)l->quads, sizeof *l->offset);
    l->pixel = rsl_arena_array(arena, (size_t)pixels_of(l), sizeof *l->pixel);
    if (!l->offset || !l->pixel) {
        *rc = RSL_ENOMEM;
        return false;
    }
    fill_offsets(l);
    rsl_packed_layer_bind(l, NULL);
    return true;
}

static void *piece(char **at, size_t *total, size_t bytes) {
    void *p = *at;
    if (*at) *at += aligned(bytes);
    *total += aligned(bytes);
    return p;
}

void rsl_packed_layer_bind(struct rsl_packed_layer *l, void *scratch) {
    char *at = scratch;
    size_t n = (size_t)l->images, threads = (size_t)l->threads, total = 0;
    size_t panel = l->stream ? 0 : aligned((size_t)l->quads * 4 * OUTPUTS);
    size_t rows =
        l->stream ? (size_t)blocks_of(l) * RSL_PACKED_BLOCK : aligned((size_t)(l->terms * OUTPUTS));
    l->digits = piece(&at, &total, n * image_bytes(l));
    l->unit = piece(&at, &total, n * sizeof(double));
    l->at = piece(&at, &total, n * (size_t)(l->high * l->wide) * sizeof(double));
    l->sum = piece(&at, &total, n * (size_t)pixels_of(l) * sizeof(double));
    l->codes = piece(&at, &total, threads * rows);
    l->panels = piece(&at, &total, threads * panel);
    l->scratch = total;
}

/* ---- activations to digits ---- */

/* The unit of n numbers; 0 when one of them is not finite. */
static double unit_of(const float *x, int64_t n) {
    int32_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= INT32_MAX;
        largest = bits > largest ? bits : largest;
    }
    float max;
    int exponent;
    memcpy(&max, &largest, sizeof max);
    if (!isfinite(max)) return 0;
    double fraction = frexp((double)max, &exponent);
    exponent -= fraction * 0x1p23 <= RSL_PACKED_LARGEST ? 23 : 22;
    return ldexp(1, exponent < -126 ? -126 : exponent);
}

static inline int32_t split(float x, float per_unit, int8_t *d0, int8_t *d1, int8_t *d2) {
    int32_t all = (int32_t)lrintf(x * per_unit), rest = all;
    *d0 = (int8_t)rest;
    rest = (rest - *d0) >> 8;
    *d1 = (int8_t)rest;
    *d2 = (int8_t)((rest - *d1) >> 8);
    return all;
}

/* One plane of quads: four channels, or one whose neighbours to the right are the other three. */
static void fill_plane(const struct rsl_packed_layer *l, int64_t image, int64_t plane) {
    const float per_unit = (float)(1 / l->unit[image]);
    const int64_t area = l->in[0] * l->in[1], size = l->high * l->wide;
    int8_t *to = l->digits + (image * l->planes + plane) * size * QUAD;
    memset(to, 0, (size_t)size * QUAD);
    for (int j = 0; j < (l->along ? 1 : 4); j++) {
        int64_t c = l->along ? plane : plane * 4 + j;
        if (c >= l->channels) break;
        const float *x = l->x + (image * l->channels + c) * area;
        for (int64_t r = 0; r < l->in[0]; r++) {
            int64_t first = (r + l->pad_begin[0]) * l->wide + l->pad_begin[1];
            int8_t *q = to + first * QUAD + j;
            for (int64_t s = 0; s < l->in[1]; s++, q += QUAD, x++)
                split(*x, per_unit, q, q + 4, q + 8);
        }
    }
    for (int j = 1; j < 4 && l->along; j++)
        for (int64_t i = 0; i + j < size; i++)
            for (int d = 0; d < RSL_PACKED_DIGITS; d++)
                to[i * QUAD + 4 * d + j] = to[(i + j) * QUAD + 4 * d];
}

/* Sum of the channels' X at each place. */
static void sum_channels(const struct rsl_packed_layer *l, int64_t image, int64_t row) {
    double *at = l->at + (image * l->high + row) * l->wide;
    const int64_t plane = l->high * l->wide * QUAD;
    const int8_t *q = l->digits + image * l->planes * plane + row * l->wide * QUAD;
    for (int64_t s = 0; s < l->wide; s++, q += QUAD) {
        int64_t sum = 0;
        for (int64_t c = 0; c < l->planes; c++)
            for (int j = 0; j < (l->along ? 1 : 4); j++) {
                const int8_t *d = q + c * plane + j;
                sum += d[0] + d[4] * 256 + d[8] * 65536;
            }
        at[s] = (double)sum;
    }
}

static void sum_windows(const struct rsl_packed_layer *l, int64_t image, int64_t row) {
    const double *at = l->at + image * l->high * l->wide;
    double *sum = l->sum + (image * l->out[0] + row) * l->out[1];
    for (int64_t s = 0; s < l->out[1]; s++) {
        double total = 0;
        for (int64_t i = 0; i < l->kernel[0]; i++)
            for (int64_t j = 0; j < l->kernel[1]; j++)
                total += at[(row * l->stride[0] + i * l->dilation[0]) * l->wide + s * l->stride[1] +
                            j * l->dilation[1]];
        sum[s] = total;
    }
}

static void fill_digits(const struct rsl_packed_layer *l) {
    int64_t count = l->channels * l->in[0] * l->in[1];
#pragma omp parallel num_threads(l->threads)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < l->images; i++) l->unit[i] = unit_of(l->x + i * count, count);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < l->images * l->planes; i++)
            if (l->unit[i / l->planes] > 0) fill_plane(l, i / l->planes, i % l->planes);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < l->images * l->high; i++)
            if (l->unit[i / l->high] > 0) sum_channels(l, i / l->high, i % l->high);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < l->images * l->out[0]; i++)
            if (l->unit[i / l->out[0]] > 0) sum_windows(l, i / l->out[0], i % l->out[0]);
    }
}

/* ---- what follows the sums ---- */

/* NaN takes the branch that keeps it. */
static inline float activated(const struct rsl_packed_layer *l, float v) {
    switch (l->activation) {
        case RSL_PACKED_RELU:
            return v < 0 ? 0 : v;
        case RSL_PACKED_CLIP:
            v = v < l->alpha ? l->alpha : v;
            return v > l->beta ? l->beta : v;
        case RSL_PACKED_LEAKY_RELU:
            return v < 0 ? l->alpha * v : v;
        case RSL_PACKED_HARD_SWISH: {
            float h = v / 6 + 0.5F;
            h = h < 0 ? 0 : h;
            return v * (h > 1 ? 1 : h);
        }
        default:
            return v;
    }
}

static inline void give(const struct rsl_packed_layer *l, int64_t at, float v) {
    l->y[at] = activated(l, l->z ? v + l->z[at] : v);
}

/* One output of an image that is not finite, from the codes of its row. */
static double plain_sum(const struct rsl_packed_layer *l, int64_t image, int64_t pixel,
                        const uint8_t *code, double zero, double scale) {
    int64_t row = pixel / l->out[1] * l->stride[0] - l->pad_begin[0],
            column = pixel % l->out[1] * l->stride[1] - l->pad_begin[1];
    double sum = 0;
    for (int64_t c = 0; c < l->channels; c++)
        for (int64_t i = 0; i < l->kernel[0]; i++)
            for (int64_t j = 0; j < l->kernel[1]; j++, code++) {
                int64_t r = row + i * l->dilation[0], s = column + j * l->dilation[1];
                if (r < 0 || r >= l->in[0] || s < 0 || s >= l->in[1]) continue;
                double x = (double)l->x[((image * l->channels + c) * l->in[0] + r) * l->in[1] + s];
                sum += scale * (*code - zero) * x;
            }
    return sum;
}

/* ---- one image of a linear layer ---- */

struct stream {
    const int8_t *digits[RSL_PACKED_DIGITS], *merged[RSL_PACKED_DIGITS];
    int64_t blocks;
    double sum; /* of X */
    struct rsl_planes planes;
    bool in_planes, in_bytes;
};

static struct stream start_stream(const struct rsl_packed_layer *l) {
    struct stream s = {.blocks = blocks_of(l)};
    const struct rsl_encoding *e = &l->w->storage.encoding;
    int64_t padded = s.blocks * RSL_PACKED_BLOCK;
    l->unit[0] = unit_of(l->x, l->terms);
    for (int d = 0; d < RSL_PACKED_DIGITS; d++) {
        s.digits[d] = l->digits + d * padded;
        s.merged[d] = l->digits + (d + (l->cpu->merged ? RSL_PACKED_DIGITS : 0)) * padded;
    }
    s.in_planes = rsl_packed_is_planes(l->w, &s.planes);
    s.in_bytes = !s.in_planes && e->bits == 8 && l->w->groups.redundant == 0 && !e->kind->is_signed;
    return s;
}

/* The digits of a block, as they are and merged; digits of 0 behind the last term. Returns the sum
 * of X. */
static int64_t fill_block(const struct rsl_packed_layer *l, int64_t block) {
    enum { N = RSL_PACKED_BLOCK, EACH = N / 8 };
    const int64_t first = block * N, padded = blocks_of(l) * N, left = l->terms - first;
    const float per_unit = l->unit[0] > 0 ? (float)(1 / l->unit[0]) : 0, *x = l->x + first;
    const int n = per_unit == 0 ? 0 : left < N ? (int)left : N;
    int8_t digit[RSL_PACKED_DIGITS][N] = {{0}};
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += split(x[i], per_unit, &digit[0][i], &digit[1][i], &digit[2][i]);
    for (int d = 0; d < RSL_PACKED_DIGITS; d++) {
        memcpy(l->digits + d * padded + first, digit[d], N);
        int8_t *to = l->digits + (RSL_PACKED_DIGITS + d) * padded + first;
        for (int k = 0; k < 8 && l->cpu->merged; k++)
            for (int j = 0; j < EACH; j++) to[k * EACH + j] = digit[d][8 * j + k];
    }
    return sum;
}

/* Sums of `rows` rows that are `apart` from each other. Reading whole blocks may pass a row's end,
 * which digits of 0 make harmless, not the memory's. */
static void stream_rows(const struct rsl_packed_layer *l, const struct stream *s, int64_t first,
                        int64_t apart, int rows, uint8_t *code, int64_t (*sum)[RSL_PACKED_DIGITS]) {
    int64_t at = first * l->terms, stride = apart * l->terms, padded = s->blocks * RSL_PACKED_BLOCK;
    int64_t end = at + (rows - 1) * stride + padded;
    bool whole =
        l->w->storage.layout == RSL_LAYOUT_BLOCK ? l->terms == padded : end + 128 <= l->w->groups.n;
    if (s->in_planes && whole) {
        l->cpu->dot_planes(&s->planes, at, stride, rows, s->blocks, s->merged, sum);
    } else if (s->in_bytes && end <= l->w->codes.count) {
        l->cpu->dot_bytes(l->w->bits + at, stride, rows, s->blocks, s->digits, sum);
    } else {
        for (int r = 0; r < rows; r++) {
            rsl_packed_codes(l->w, at + r * stride, l->terms, code);
            l->cpu->dot_bytes(code, padded, 1, s->blocks, s->digits, sum + r);
        }
    }
}

static void give_rows(const struct rsl_packed_layer *l, const struct stream *s, int64_t first,
                      int64_t apart, int rows, uint8_t *code) {
    int64_t sum[RSL_PACKED_ROWS][RSL_PACKED_DIGITS] = {0};
    if (l->unit[0] > 0) stream_rows(l, s, first, apart, rows, code, sum);
    for (int r = 0; r < rows; r++) {
        int64_t o = first + r * apart, channel = l->w->codes.channels == 1 ? 0 : o;
        double zero = rsl_packed_zero(l->w, channel), scale = (double)l->w->codes.scale[channel];
        double v = (double)sum[r][2] * 65536 + (double)sum[r][1] * 256 + (double)sum[r][0];
        v = (v - zero * s->sum) * (scale * l->unit[0]);
        if (l->unit[0] == 0) {
            rsl_packed_codes(l->w, o * l->terms, l->terms, code);
            v = plain_sum(l, 0, 0, code, zero, scale);
        }
        give(l, o, (float)(v + (l->bias ? (double)l->bias[o] : 0)));
    }
}

/* Rows low to high-1. Those that are multiplied together are far apart, so that each plane of each
 * is a stream that the processor's prefetcher sees, and not apart by a multiple of what a cache
 * spans. */
static void run_rows(const struct rsl_packed_layer *l, const struct stream *s, int64_t low,
                     int64_t high, uint8_t *code) {
    int64_t apart = (high - low) / RSL_PACKED_ROWS;
    if (apart > 8) apart -= 1 + apart % 2;
    for (int64_t i = 0; i < apart; i++) give_rows(l, s, low + i, apart, RSL_PACKED_ROWS, code);
    for (low += apart * RSL_PACKED_ROWS; low < high; low++) give_rows(l, s, low, 1, 1, code);
}

/* Rows that a thread takes at a time: enough to stream, few enough to share out evenly. */
static int64_t rows_at_a_time(const struct rsl_packed_layer *l) {
    int64_t n = l->outputs / (4 * l->threads);
    return n < RSL_PACKED_ROWS ? RSL_PACKED_ROWS : n < MOST_ROWS ? n : MOST_ROWS;
}

static void run_stream(const struct rsl_packed_layer *l) {
    struct stream s = start_stream(l);
    const size_t padded = (size_t)(s.blocks * RSL_PACKED_BLOCK);
    const int64_t each = rows_at_a_time(l);
    int64_t sum = 0;
#pragma omp parallel num_threads(l->threads)
    {
        uint8_t *code = l->codes + (size_t)omp_get_thread_num() * padded;
        memset(code + l->terms, 0, padded - (size_t)l->terms);
#pragma omp for schedule(static) reduction(+ : sum)
        for (int64_t block = 0; block < s.blocks; block++) sum += fill_block(l, block);
#pragma omp single
        s.sum = (double)sum;
#pragma omp for schedule(dynamic)
        for (int64_t low = 0; low < l->outputs; low += each)
            run_rows(l, &s, low, low + each < l->outputs ? low + each : l->outputs, code);
    }
}

/* ---- panels ---- */

/* Rows of codes in the order of the weights -> [quads][16][4]. */
static void arrange(const struct rsl_packed_layer *l, const uint8_t *code, int outputs,
                    uint8_t *panel) {
    int64_t taps = l->kernel[0] * l->kernel[1], columns = (l->kernel[1] + 3) / 4;
    int64_t groups = l->along ? l->channels * l->kernel[0] : l->planes;
    int64_t each = l->along ? l->kernel[1] : 4 * taps, quads = l->along ? columns : taps;
    int64_t next = l->along ? 1 : taps, step = l->along ? 4 : 1;
    for (int64_t g = 0; g < groups; g++)
        for (int o = 0; o < outputs; o++) {
            const uint8_t *from = code + o * l->terms + g * each;
            int64_t left = l->along ? each : l->terms - g * each;
            for (int64_t q = 0; q < quads; q++) {
                uint8_t *to = panel + ((g * quads + q) * OUTPUTS + o) * 4;
                const uint8_t *c = from + q * step;
                for (int j = 0; j < 4; j++) to[j] = q * step + j * next < left ? c[j * next] : 0;
            }
        }
}

struct outputs {
    int64_t first;
    int n;
    double zero[OUTPUTS], scale[OUTPUTS], bias[OUTPUTS];
    const uint8_t *code;
};

static void take_scales(const struct rsl_packed_layer *l, struct outputs *o) {
    for (int k = 0; k < OUTPUTS; k++) {
        bool there = k < o->n;
        int64_t channel = l->w->codes.channels == 1 || !there ? 0 : o->first + k;
        o->zero[k] = rsl_packed_zero(l->w, channel);
        o->scale[k] = (double)l->w->codes.scale[channel];
        o->bias[k] = there && l->bias ? (double)l->bias[o->first + k] : 0;
    }
}

static void finish(const struct rsl_packed_layer *l, const struct rsl_tile *t,
                   const struct outputs *o, int64_t first) {
    int64_t pixels = pixels_of(l);
    for (int p = 0; p < t->pixels; p++) {
        int64_t image = (first + p) / pixels, pixel = (first + p) % pixels;
        int64_t at = (image * l->outputs + o->first) * pixels + pixel;
        for (int k = 0; k < o->n; k++) {
            float v = t->y[p][k];
            if (l->unit[image] == 0)
                v = (float)(plain_sum(l, image, pixel, o->code + k * l->terms, o->zero[k],
                                      o->scale[k]) +
                            o->bias[k]);
            give(l, at + k * pixels, v);
        }
    }
}

static void run_outputs(const struct rsl_packed_layer *l, int64_t first, uint8_t *code,
                        uint8_t *panel) {
    int64_t left = l->outputs - first, pixels = pixels_of(l), all = l->images * pixels;
    struct outputs o = {.first = first, .n = left < OUTPUTS ? (int)left : OUTPUTS, .code = code};
    struct rsl_tile t = {.panel = panel,
                         .quads = l->quads,
                         .offset = l->offset,
                         .zero = o.zero,
                         .scale = o.scale,
                         .bias = o.bias};
    rsl_packed_codes(l->w, first * l->terms, o.n * l->terms, code);
    arrange(l, code, o.n, panel);
    take_scales(l, &o);
    for (int64_t i = 0; i < all; i += t.pixels) {
        t.pixels = all - i < PIXELS ? (int)(all - i) : PIXELS;
        for (int p = 0; p < t.pixels; p++) {
            int64_t image = (i + p) / pixels, pixel = (i + p) % pixels;
            t.pixel[p] = l->digits + image * (int64_t)image_bytes(l) + l->pixel[pixel];
            t.sum[p] = l->sum[i + p];
            t.unit[p] = l->unit[image];
        }
        l->cpu->tile(&t);
        finish(l, &t, &o, i);
    }
}

static void run_panels(const struct rsl_packed_layer *l) {
    fill_digits(l);
    size_t panel = aligned((size_t)l->quads * 4 * OUTPUTS),
           rows = aligned((size_t)(l->terms * OUTPUTS));
#pragma omp parallel num_threads(l->threads)
    {
        size_t me = (size_t)omp_get_thread_num();
        memset(l->panels + me * panel, 0, panel);
#pragma omp for schedule(dynamic)
        for (int64_t o = 0; o < l->outputs; o += OUTPUTS)
            run_outputs(l, o, l->codes + me * rows, l->panels + me * panel);
    }
}

void rsl_packed_layer_run(const struct rsl_packed_layer *l) {
    if (l->stream)
        run_stream(l);
    else
        run_panels(l);
}
