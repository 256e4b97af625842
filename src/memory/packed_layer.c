/* See packed_layer.h and, for the arithmetic, packed.h. */
#include "memory/packed_layer.h"

#include "base/status.h"
#include "memory/packed_ends.h"
#include "memory/packed_stream.h"

#include <omp.h>
#include <string.h>

enum { OUTPUTS = RSL_PACKED_OUTPUTS, PIXELS = RSL_PACKED_PIXELS };

/* ---- planning ---- */

static size_t aligned(size_t n) {
    return (n + 63) & ~(size_t)63;
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
                *at++ =
                    (int32_t)(((c * l->high + r * l->dilation[0]) * l->wide + s * step) * l->quad);
    at = l->pixel;
    for (int64_t r = 0; r < l->out[0]; r++)
        for (int64_t s = 0; s < l->out[1]; s++)
            *at++ = (int32_t)((r * l->stride[0] * l->wide + s * l->stride[1]) * l->quad);
}

static size_t image_bytes(const struct rsl_packed_layer *l) {
    if (l->stream) return (size_t)packed_blocks(l) * RSL_PACKED_BLOCK * RSL_PACKED_DIGITS * 2;
    return (size_t)(l->planes * l->high * l->wide * l->quad);
}

bool rsl_packed_layer_plan(struct rsl_packed_layer *l, struct rsl_arena *arena, int *rc) {
    *rc = RSL_OK;
    l->terms = l->channels * l->kernel[0] * l->kernel[1];
    l->quad = 4 * l->ends->digits;
    choose_quads(l);
    l->stream =
        l->images * packed_pixels(l) == 1 && l->high * l->wide == 1 && l->terms == l->channels;
    if (l->quads * 4 > RSL_PACKED_TERMS || l->terms < 1 || image_bytes(l) > INT32_MAX) return false;
    l->offset = rsl_arena_array(arena, (size_t)l->quads, sizeof *l->offset);
    l->pixel = rsl_arena_array(arena, (size_t)packed_pixels(l), sizeof *l->pixel);
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
    size_t rows = l->stream ? (size_t)packed_blocks(l) * RSL_PACKED_BLOCK
                            : aligned((size_t)(l->terms * OUTPUTS));
    l->digits = piece(&at, &total, n * image_bytes(l));
    l->unit = piece(&at, &total, n * sizeof(double));
    l->at = piece(&at, &total, n * (size_t)(l->high * l->wide) * sizeof(double));
    l->sum = piece(&at, &total, n * (size_t)packed_pixels(l) * sizeof(double));
    l->codes = piece(&at, &total, threads * rows);
    l->panels = piece(&at, &total, threads * panel);
    l->scratch = total;
}

/* ---- activations to digits ---- */

/* One plane of quads: four channels, or one whose neighbours to the right are the other three. */
static void fill_plane(const struct rsl_packed_layer *l, int64_t image, int64_t plane) {
    const int64_t size = l->high * l->wide, quad = l->quad;
    int8_t *to = l->digits + (image * l->planes + plane) * size * quad;
    memset(to, l->nothing, (size_t)(size * quad));
    for (int j = 0; j < (l->along ? 1 : 4); j++) {
        int64_t c = l->along ? plane : plane * 4 + j;
        if (c >= l->channels) break;
        for (int64_t r = 0; r < l->in[0]; r++) {
            int64_t first = (r + l->pad_begin[0]) * l->wide + l->pad_begin[1];
            l->ends->split(l, image, (c * l->in[0] + r) * l->in[1], l->in[1], to + first * quad + j,
                           quad, 4);
        }
    }
    for (int j = 1; j < 4 && l->along; j++)
        for (int64_t i = 0; i + j < size; i++)
            for (int64_t d = 0; d < quad; d += 4) to[i * quad + d + j] = to[(i + j) * quad + d];
}

/* Sum of the channels' X at each place. */
static void sum_channels(const struct rsl_packed_layer *l, int64_t image, int64_t row) {
    double *at = l->at + (image * l->high + row) * l->wide;
    const int64_t plane = l->high * l->wide * l->quad;
    const int8_t *q = l->digits + image * l->planes * plane + row * l->wide * l->quad;
    const bool large = l->quad > 4;
    for (int64_t s = 0; s < l->wide; s++, q += l->quad) {
        int64_t sum = 0;
        for (int64_t c = 0; c < l->planes; c++)
            for (int j = 0; j < (l->along ? 1 : 4); j++) {
                const int8_t *d = q + c * plane + j;
                sum += d[0] - l->nothing;
                if (large) sum += d[4] * 256 + d[8] * 65536;
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
#pragma omp parallel num_threads(l->threads)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < l->images; i++) l->unit[i] = l->ends->unit(l, i);
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

static void run_outputs(const struct rsl_packed_layer *l, int64_t first, uint8_t *code,
                        uint8_t *panel) {
    int64_t left = l->outputs - first, pixels = packed_pixels(l), all = l->images * pixels;
    struct packed_outputs o = {
        .first = first, .n = left < OUTPUTS ? (int)left : OUTPUTS, .code = code};
    struct rsl_tile t = {.panel = panel, .quads = l->quads, .offset = l->offset};
    rsl_packed_codes(l->w, first * l->terms, o.n * l->terms, code);
    arrange(l, code, o.n, panel);
    l->ends->start(l, &o);
    for (int64_t i = 0; i < all; i += t.pixels) {
        t.pixels = all - i < PIXELS ? (int)(all - i) : PIXELS;
        for (int p = 0; p < t.pixels; p++) {
            int64_t image = (i + p) / pixels, pixel = (i + p) % pixels;
            t.pixel[p] = l->digits + image * (int64_t)image_bytes(l) + l->pixel[pixel];
            t.sum[p] = l->sum[i + p];
        }
        l->ends->tile(l, &t, &o, i);
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
        rsl_packed_stream_run(l);
    else
        run_panels(l);
}
