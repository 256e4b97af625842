/* Tensors to codes and back, and fake quantization: see encoding.h.
 *
 * Work is cut into pieces whose results do not depend on each other or on the cut: blocks of
 * channels, or pieces of a tensor that shares one scale (its range is an integer minimum and
 * maximum, the same in any order). So the number of threads changes nothing. */
#include "memory/encoding.h"

#include "base/alloc.h"
#include "base/status.h"
#include "memory/grid.h"

#include <math.h>
#include <stddef.h>

enum { PIECE = 16384, BLOCK = 64, PARALLEL_FROM = 65536 };

/* What is quantized, and where to: codes (with their scales), or values. */
struct job {
    struct rsl_codes view; /* encoding and shape; `code` NULL when values are wanted */
    const float *w;
    float *out;
};

int rsl_codes_view(struct rsl_codes *c, const struct rsl_encoding *e,
                   const struct rsl_shape *shape) {
    char text[RSL_SHAPE_TEXT], name[RSL_ENCODING_TEXT];
    RSL_TRY(rsl_shape_check(shape));
    int64_t count = rsl_shape_count(shape);
    *c = (struct rsl_codes){
        .encoding = *e, .count = count, .outer = 1, .channels = 1, .inner = count};
    c->code_bytes = e->bits <= 8 ? 1 : e->bits <= 16 ? 2 : 4;
    if (!e->per_channel) return RSL_OK;
    int axis = e->axis == RSL_AXIS_OUTPUT ? 0 : e->axis;
    if (axis >= shape->rank)
        return rsl_fail(RSL_ESHAPE, "%s: shape %s has no axis %d for the channels",
                        rsl_encoding_text(e, name), rsl_shape_text(shape, text), axis);
    c->outer = rsl_shape_span(shape, 0, axis);
    c->channels = shape->dim[axis];
    c->inner = rsl_shape_span(shape, axis + 1, shape->rank);
    return RSL_OK;
}

int rsl_codes_init(struct rsl_codes *c, const struct rsl_encoding *e,
                   const struct rsl_shape *shape) {
    RSL_TRY(rsl_codes_view(c, e, shape));
    bool scaled = e->kind->grid != NULL;
    c->code = rsl_calloc((size_t)c->count, (size_t)c->code_bytes);
    if (scaled) c->scale = rsl_calloc((size_t)c->channels, sizeof(float));
    if (scaled && e->kind->zero_point)
        c->zero_point = rsl_calloc((size_t)c->channels, sizeof(float));
    if (c->code && (!scaled || c->scale) && (!e->kind->zero_point || c->zero_point)) return RSL_OK;
    rsl_codes_free(c);
    return RSL_ENOMEM;
}

void rsl_codes_free(struct rsl_codes *c) {
    rsl_free(c->code);
    rsl_free(c->scale);
    rsl_free(c->zero_point);
    c->code = NULL;
    c->scale = c->zero_point = NULL;
}

/* ---- scaled encodings ---- */

static void quantize_run(const struct job *j, const struct rsl_grid *g, int64_t at, int64_t n) {
    if (j->view.code)
        rsl_grid_encode(g, j->view.encoding.bits, j->w + at, (uint8_t *)j->view.code + at, n);
    else
        rsl_grid_snap(g, j->w + at, j->out + at, n);
}

static void keep_grid(const struct job *j, int64_t channel, const struct rsl_grid *g) {
    if (j->view.scale) j->view.scale[channel] = g->scale;
    if (j->view.zero_point) j->view.zero_point[channel] = g->zero_point;
}

/* Channels first..first+n-1 in every outer index. False when a value has no code. */
static bool quantize_block(const struct job *j, int64_t first, int n) {
    const struct rsl_codes *v = &j->view;
    struct rsl_range range[BLOCK];
    struct rsl_grid grid[BLOCK];
    for (int k = 0; k < n; k++) range[k] = (struct rsl_range)RSL_RANGE_INIT;
    for (int64_t o = 0; o < v->outer; o++)
        for (int k = 0; k < n; k++)
            rsl_range_add(&range[k], j->w + (o * v->channels + first + k) * v->inner, v->inner);
    for (int k = 0; k < n; k++) {
        if (!rsl_grid_of(&v->encoding, &range[k], &grid[k])) return false;
        keep_grid(j, first + k, &grid[k]);
    }
    for (int64_t o = 0; o < v->outer; o++)
        for (int k = 0; k < n; k++)
            quantize_run(j, &grid[k], (o * v->channels + first + k) * v->inner, v->inner);
    return true;
}

/* Blocks of one channel when a channel fills some pages of cache, else of as many as BLOCK. */
static bool quantize_channels(const struct job *j) {
    const struct rsl_codes *v = &j->view;
    int block = v->inner >= 1024 ? 1 : BLOCK, refused = 0;
    int64_t blocks = (v->channels + block - 1) / block;
#pragma omp parallel for schedule(static) reduction(| : refused) if (v->count >= PARALLEL_FROM)
    for (int64_t b = 0; b < blocks; b++) {
        int64_t first = b * block, left = v->channels - first;
        refused |= !quantize_block(j, first, left < block ? (int)left : block);
    }
    return !refused;
}

static bool quantize_whole(const struct job *j) {
    const struct rsl_codes *v = &j->view;
    int64_t pieces = (v->count + PIECE - 1) / PIECE;
    struct rsl_range range = RSL_RANGE_INIT;
#pragma omp parallel if (v->count >= PARALLEL_FROM)
    {
        struct rsl_range mine = RSL_RANGE_INIT;
#pragma omp for schedule(static) nowait
        for (int64_t p = 0; p < pieces; p++) {
            int64_t at = p * PIECE, left = v->count - at;
            rsl_range_add(&mine, j->w + at, left < PIECE ? left : PIECE);
        }
#pragma omp critical(rsl_memory_range)
        rsl_range_join(&range, &mine);
    }
    struct rsl_grid grid;
    if (!rsl_grid_of(&v->encoding, &range, &grid)) return false;
    keep_grid(j, 0, &grid);
#pragma omp parallel for schedule(static) if (v->count >= PARALLEL_FROM)
    for (int64_t p = 0; p < pieces; p++) {
        int64_t at = p * PIECE, left = v->count - at;
        quantize_run(j, &grid, at, left < PIECE ? left : PIECE);
    }
    return true;
}

static int refuse_scaled(const struct job *j) {
    char name[RSL_ENCODING_TEXT];
    int64_t i = 0;
    while (i < j->view.count && fabsf(j->w[i]) <= RSL_GRID_LIMIT) i++;
    return rsl_fail(RSL_EARG, "element %lld is %g: %s holds finite numbers up to 2^126 only",
                    (long long)i, i < j->view.count ? (double)j->w[i] : 0.0,
                    rsl_encoding_text(&j->view.encoding, name));
}

/* ---- encodings whose codes stand for themselves ---- */

static bool holds(const struct rsl_encoding_kind *k, float value, float back) {
    return k->exponent_bits ? !isfinite(value) || isfinite(back) : value == back;
}

static int convert(const struct job *j) {
    const struct rsl_encoding *e = &j->view.encoding;
    struct rsl_codes codes = j->view;
    int64_t bad = codes.count;
#pragma omp parallel for schedule(static) reduction(min : bad) if (codes.count >= PARALLEL_FROM)
    for (int64_t i = 0; i < codes.count; i++) {
        uint32_t code = e->kind->to_code(j->w[i], e->bits);
        float back = e->kind->from_code(code, e->bits);
        if (!holds(e->kind, j->w[i], back)) {
            if (i < bad) bad = i;
        } else if (codes.code) {
            rsl_code_set(&codes, i, code);
        } else {
            j->out[i] = back;
        }
    }
    char name[RSL_ENCODING_TEXT];
    if (bad == codes.count) return RSL_OK;
    return rsl_fail(RSL_EARG, "element %lld is %g, which %s cannot hold", (long long)bad,
                    (double)j->w[bad], rsl_encoding_text(e, name));
}

static int run(const struct job *j) {
    if (!j->view.encoding.kind->grid) return convert(j);
    bool done = j->view.channels == 1 ? quantize_whole(j) : quantize_channels(j);
    return done ? RSL_OK : refuse_scaled(j);
}

int rsl_encode(struct rsl_codes *c, const float *w) {
    return run(&(struct job){.view = *c, .w = w});
}

int rsl_fake_quantize(const struct rsl_encoding *e, const float *w, const struct rsl_shape *shape,
                      float *out) {
    struct job j = {.w = w, .out = out};
    RSL_TRY(rsl_codes_view(&j.view, e, shape));
    return run(&j);
}

/* ---- decoding ---- */

static struct rsl_grid grid_at(const struct rsl_codes *c, int64_t channel) {
    return (struct rsl_grid){.scale = c->scale[channel],
                             .zero_point = c->zero_point ? c->zero_point[channel] : 0};
}

static int32_t sign_bit(const struct rsl_encoding *e) {
    return e->kind->is_signed ? 1 << (e->bits - 1) : 0;
}

static float value_of(const struct rsl_codes *c, int64_t channel, uint32_t code) {
    const struct rsl_encoding *e = &c->encoding;
    if (!e->kind->grid) return e->kind->from_code(code, e->bits);
    const struct rsl_grid g = grid_at(c, channel);
    const int32_t sign = sign_bit(e);
    return rsl_grid_value(&g, (float)(((int32_t)code ^ sign) - sign));
}

float rsl_decode_one(const struct rsl_codes *c, int64_t index, uint32_t code) {
    return value_of(c, c->channels == 1 ? 0 : index / c->inner % c->channels, code);
}

uint32_t rsl_zero_code(const struct rsl_codes *c, int64_t index) {
    const struct rsl_encoding *e = &c->encoding;
    if (!c->zero_point) return e->kind->grid ? 0 : e->kind->to_code(0, e->bits);
    float zero = nearbyintf(c->zero_point[c->channels == 1 ? 0 : index / c->inner % c->channels]);
    float top = (float)((1 << e->bits) - 1);
    return !(zero > 0) ? 0 : (uint32_t)(zero < top ? zero : top); /* a faulty one may be NaN */
}

void rsl_decode_some(const struct rsl_codes *c, int64_t first, int n, const uint32_t *code,
                     float *w) {
    for (int i = 0; i < n;) { /* a channel at a time: the divisions are what costs */
        int64_t at = first + i, left = c->inner - at % c->inner;
        int64_t channel = c->channels == 1 ? 0 : at / c->inner % c->channels;
        int end = left < n - i ? i + (int)left : n;
        for (; i < end; i++) w[i] = value_of(c, channel, code[i]);
    }
}

/* Elements at..at+n-1, all of one channel. */
static void decode_run(const struct rsl_codes *c, int64_t channel, int64_t at, int64_t n,
                       float *w) {
    const struct rsl_encoding *e = &c->encoding;
    if (!e->kind->grid) {
        for (int64_t i = at; i < at + n; i++) w[i] = e->kind->from_code(rsl_code_at(c, i), e->bits);
        return;
    }
    const struct rsl_grid g = grid_at(c, channel);
    const int32_t sign = sign_bit(e);
    const uint8_t *code = (const uint8_t *)c->code;
    for (int64_t i = at; i < at + n; i++)
        w[i] = rsl_grid_value(&g, (float)((code[i] ^ sign) - sign));
}

void rsl_decode(const struct rsl_codes *c, float *w) {
    int64_t run = c->channels == 1 ? PIECE : c->inner;
    if (c->count == 0) return;
    int64_t runs = (c->count + run - 1) / run;
#pragma omp parallel for schedule(static) if (c->count >= PARALLEL_FROM)
    for (int64_t r = 0; r < runs; r++) {
        int64_t at = r * run, left = c->count - at;
        decode_run(c, c->channels == 1 ? 0 : r % c->channels, at, left < run ? left : run, w);
    }
}
