/* FusedQLinearConv, 3x3 with stride 1, by Winograd's transforms F(4x4, 3x3), exactly.
 *
 * In floats these transforms round; in integers modulo 2^32 they do not. With the integer matrices
 *
 *        4  0 -5  0  1  0        1  0  0                 6 -4 -4  1  1  0
 *        0 -4 -4  1  1  0        1  1  1                 0 -2  2  1 -1  0    factor 2
 *   B' = 0  4 -4 -1  1  0    G = 1 -1  1     A' = rows   0 -1 -1  1  1  0    factor 4
 *        0 -2 -1  2  1  0        1  2  4                 0 -1  1  2 -2  6    factor 4
 *        0  2 -1 -2  1  0        1 -2  4
 *        0  4  0 -5  0  1        0  0  1
 *
 * (Lavin and Gray 2015, their fractions moved from G into A', whose rows then have the factors on
 * the right taken out) a tile of 4x4 outputs is
 *
 *   576 / (f_i f_j) * Y[i][j] = (A' M A'')[i][j],  M = sum over channels of (B' d B'') * (G g G')
 *
 * elementwise. Data of 8 bits give |B' d B''| <= 25500 and |G g G'| <= 49 * 128: 16 bits,
 * multiplied in pairs into 32-bit sums that may wrap. 576 = 9 * 64: a product with the inverse of 9
 * modulo 2^32 and an arithmetic shift by at most 6 give Y, if |Y| < 2^25. That is checked for each
 * output channel from its weights. There are 2.25 products of 16 bits per output where the direct
 * way has 9 of 8 bits, which are twice as fast: half the time but for the transforms. */
#include "base/status.h"
#include "dnnl/qlinear.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#include <omp.h>

#define VNNI        __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define VNNI_INLINE static inline __attribute__((always_inline)) VNNI void
#define UNROLL      _Pragma("GCC unroll 36")

enum {
    SIDE = 6, /* of the input tile */
    OUT = 4,  /* of the output tile */
    LEAST_CHANNELS = 128,
    MOST_CHANNELS = 256,
    POINTS = 36, /* SIDE * SIDE */
    TAPS = 9,
    LANES_16 = 32, /* channels of a vector of 16-bit numbers */
    LANES_32 = 16,
    VECTORS = 4,                /* vectors of sums per step of the product ... */
    TILES = 6,                  /* ... and tiles */
    BLOCK = VECTORS * LANES_32, /* output channels at a time */
    RUN = 4 * TILES,            /* tiles at a time */
    CHUNK_BYTES = 1 << 19,      /* of transformed input per thread, */
    CHUNK_LEAST = 96            /* but no fewer tiles: all weights are read for them */
};

struct winograd {
    struct rsl_conv_geometry g;
    struct rsl_qlinear_end end;
    int64_t down, across; /* tiles of an image */
    int64_t tiles, chunk; /* of all images; transformed at a time, a multiple of RUN */
    bool is_signed, z_signed;
    const uint8_t *zeros; /* [C] */
    bool packed, *fits;   /* of the weights as they are */
    bool *channel_fits;   /* [M] */
};

/* Numbers between the points of a tile, and between its sums. A multiple of a page would put all
 * points into the same few places of the first-level cache. */
static inline int64_t point_step(const struct winograd *k) {
    return k->g.in_channels + LANES_16;
}
enum { SUM_STEP = RUN * BLOCK + LANES_32 };

/* ---- weights: [M][C][3][3] -> [36][M/BLOCK][C/2][BLOCK][2] ---- */

static void transform_weight(const int8_t *g, int16_t u[POINTS]) {
    int rows[SIDE][3];
    for (int k = 0; k < 3; k++) {
        int a = g[k], b = g[3 + k], c = g[6 + k];
        rows[0][k] = a;
        rows[1][k] = a + b + c;
        rows[2][k] = a - b + c;
        rows[3][k] = a + 2 * b + 4 * c;
        rows[4][k] = a - 2 * b + 4 * c;
        rows[5][k] = c;
    }
    for (int i = 0; i < SIDE; i++) {
        int a = rows[i][0], b = rows[i][1], c = rows[i][2];
        const int v[SIDE] = {a, a + b + c, a - b + c, a + 2 * b + 4 * c, a - 2 * b + 4 * c, c};
        for (int j = 0; j < SIDE; j++) u[i * SIDE + j] = (int16_t)v[j];
    }
}

/* The sums of a channel stay below 2^25 whatever the input. */
static bool sums_fit(const int8_t *w, int64_t n, bool is_signed) {
    int64_t positive = 0, negative = 0;
    for (int64_t i = 0; i < n; i++) {
        positive += w[i] > 0 ? w[i] : 0;
        negative -= w[i] < 0 ? w[i] : 0;
    }
    int64_t most =
        is_signed ? 128 * (positive + negative) : 255 * (positive > negative ? positive : negative);
    return most < 1 << 25;
}

static void pack_channel(const struct winograd *k, int64_t m, const int8_t *w, const int8_t *was,
                         int16_t *u) {
    int64_t channels = k->g.in_channels, step = k->g.out_channels * channels;
    int64_t base = m / BLOCK * BLOCK * channels + m % BLOCK * 2;
    for (int64_t c = 0; c < channels; c++) {
        int16_t t[POINTS];
        if (k->packed && memcmp(w + c * TAPS, was + c * TAPS, TAPS) == 0) continue;
        transform_weight(w + c * TAPS, t);
        int16_t *to = u + base + c / 2 * BLOCK * 2 + c % 2;
        for (int p = 0; p < POINTS; p++) to[p * step] = t[p];
    }
}

/* data = {transformed weights, a copy of the weights, weights}: only what changed is done again. */
static void pack(const void *context, void *const *data) {
    struct winograd *k = *(struct winograd *const *)context;
    int64_t each = k->g.in_channels * TAPS;
    bool fits = true;
#pragma omp parallel for schedule(static) reduction(&& : fits)
    for (int64_t m = 0; m < k->g.out_channels; m++) {
        const int8_t *w = (const int8_t *)data[2] + m * each;
        int8_t *was = (int8_t *)data[1] + m * each;
        if (!k->packed || memcmp(w, was, (size_t)each) != 0) {
            pack_channel(k, m, w, was, data[0]);
            memcpy(was, w, (size_t)each);
            k->channel_fits[m] = sums_fit(w, each, k->is_signed);
        }
        fits = fits && k->channel_fits[m];
    }
    k->packed = true;
    *k->fits = fits;
}

/* ---- input: 6x6 pixels -> [tiles][36][C] ---- */

VNNI_INLINE transform_six(const __m512i *d, int step, __m512i *v, int out) {
    __m512i d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
            d5 = d[5 * step];
    __m512i four1 = _mm512_slli_epi16(d1, 2), four2 = _mm512_slli_epi16(d2, 2);
    __m512i a = _mm512_sub_epi16(d4, four2), b = _mm512_sub_epi16(d3, four1);
    __m512i c = _mm512_sub_epi16(d4, d2), e = _mm512_slli_epi16(_mm512_sub_epi16(d3, d1), 1);
    /* 4 d0 - 5 d2 + d4 = 4 (d0 - d2) + (d4 - d2), and 4 d1 - 5 d3 + d5 likewise */
    v[0] = _mm512_add_epi16(_mm512_slli_epi16(_mm512_sub_epi16(d0, d2), 2), c);
    v[out] = _mm512_add_epi16(a, b);
    v[2 * out] = _mm512_sub_epi16(a, b);
    v[3 * out] = _mm512_add_epi16(c, e);
    v[4 * out] = _mm512_sub_epi16(c, e);
    v[5 * out] =
        _mm512_add_epi16(_mm512_slli_epi16(_mm512_sub_epi16(d1, d3), 2), _mm512_sub_epi16(d5, d3));
}

/* Addresses of the tile's pixels; those on padding are zeros. */
static void find_pixels(const struct winograd *k, const uint8_t *x, int64_t tile,
                        const uint8_t *pixel[POINTS]) {
    const struct rsl_window *w = &k->g.window;
    int64_t each = k->down * k->across, image = tile / each, at = tile % each;
    int64_t top = at / k->across * OUT - w->pad_begin[0],
            left = at % k->across * OUT - w->pad_begin[1];
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int64_t h = top + i, v = left + j;
            bool inside = h >= 0 && h < w->in[0] && v >= 0 && v < w->in[1];
            pixel[i * SIDE + j] =
                inside ? x + ((image * w->in[0] + h) * w->in[1] + v) * k->g.in_channels : k->zeros;
        }
}

VNNI static void transform_input(const struct winograd *k, const uint8_t *x, int64_t tile,
                                 int16_t *v) {
    const uint8_t *pixel[POINTS];
    int64_t channels = k->g.in_channels, step = point_step(k);
    find_pixels(k, x, tile, pixel);
    for (int64_t c = 0; c < channels; c += LANES_16) {
        __m512i d[POINTS], t[POINTS];
        UNROLL for (int p = 0; p < POINTS; p++) {
            __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(pixel[p] + c));
            d[p] = k->is_signed ? _mm512_cvtepi8_epi16(bytes) : _mm512_cvtepu8_epi16(bytes);
        }
        UNROLL for (int j = 0; j < SIDE; j++) transform_six(d + j, SIDE, t + j, SIDE);
        UNROLL for (int i = 0; i < SIDE; i++) transform_six(t + i * SIDE, 1, d + i * SIDE, 1);
        UNROLL for (int p = 0; p < POINTS; p++) _mm512_storeu_si512(v + p * step + c, d[p]);
    }
}

/* ---- products: [TILES][C], a tile being `pitch` after the other, times [C/2][BLOCK][2] ---- */

VNNI static void multiply(int64_t channels, int64_t pitch, const int16_t *v, const int16_t *u,
                          int32_t *sums) {
    __m512i sum[TILES][VECTORS];
    UNROLL for (int t = 0; t < TILES; t++) UNROLL for (int i = 0; i < VECTORS; i++) sum[t][i] =
        _mm512_setzero_si512();
    for (int64_t c = 0; c < channels; c += 2, u += 2 * BLOCK) {
        __m512i w[VECTORS];
        UNROLL for (int i = 0; i < VECTORS; i++) w[i] = _mm512_load_si512(u + i * LANES_16);
        UNROLL for (int t = 0; t < TILES; t++) {
            int32_t pair;
            memcpy(&pair, v + t * pitch + c, sizeof pair);
            __m512i both = _mm512_set1_epi32(pair);
            UNROLL for (int i = 0; i < VECTORS; i++) sum[t][i] =
                _mm512_dpwssd_epi32(sum[t][i], w[i], both);
        }
    }
    UNROLL for (int t = 0; t < TILES; t++) UNROLL for (int i = 0; i < VECTORS; i++)
        _mm512_storeu_si512(sums + t * BLOCK + i * LANES_32, sum[t][i]);
}

/* ---- output: 36 sums -> 4x4 pixels ---- */

VNNI_INLINE transform_four(const __m512i *m, int step, __m512i *q, int out) {
    __m512i s1 = _mm512_add_epi32(m[step], m[2 * step]),
            d1 = _mm512_sub_epi32(m[step], m[2 * step]);
    __m512i s2 = _mm512_add_epi32(m[3 * step], m[4 * step]);
    __m512i d2 = _mm512_sub_epi32(m[3 * step], m[4 * step]);
    __m512i six0 = _mm512_add_epi32(_mm512_slli_epi32(m[0], 2), _mm512_slli_epi32(m[0], 1));
    __m512i six5 =
        _mm512_add_epi32(_mm512_slli_epi32(m[5 * step], 2), _mm512_slli_epi32(m[5 * step], 1));
    q[0] = _mm512_add_epi32(_mm512_sub_epi32(six0, _mm512_slli_epi32(s1, 2)), s2);
    q[out] = _mm512_sub_epi32(d2, _mm512_slli_epi32(d1, 1));
    q[2 * out] = _mm512_sub_epi32(s2, s1);
    q[3 * out] = _mm512_add_epi32(_mm512_sub_epi32(_mm512_slli_epi32(d2, 1), d1), six5);
}

/* What follows the sums of 16 channels of every pixel, in registers; see fused_qlinear.h. */
struct ending {
    __m512 bias, multiplier, residual_scale, low, high, least;
    bool z_signed, residual, floats;
};

VNNI_INLINE begin(const struct winograd *k, const float *bias, const float *multiplier,
                  struct ending *e) {
    e->bias = bias ? _mm512_loadu_ps(bias) : _mm512_setzero_ps();
    e->multiplier = _mm512_loadu_ps(multiplier);
    e->residual_scale = _mm512_set1_ps(k->end.residual_scale);
    e->low = _mm512_set1_ps(rsl_qlinear_low(k->end.to));
    e->high = _mm512_set1_ps(rsl_qlinear_high(k->end.to));
    e->least = _mm512_set1_ps(k->end.relu ? 0 : -INFINITY);
    e->residual = k->end.residual;
    e->z_signed = k->z_signed;
    e->floats = k->end.to == RSL_f32;
}

VNNI_INLINE finish(const struct ending *e, __m512i sum, const void *z, char *y) {
    __m512 t = _mm512_mul_ps(_mm512_add_ps(_mm512_cvtepi32_ps(sum), e->bias), e->multiplier);
    if (e->residual) {
        __m128i bytes = _mm_loadu_si128(z);
        __m512i wide = e->z_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
        t = _mm512_add_ps(t, _mm512_cvtepi32_ps(wide));
    }
    t = _mm512_max_ps(e->least, t); /* of NaN and a number, the second operand: NaN stays */
    if (e->residual) t = _mm512_mul_ps(t, e->residual_scale);
    if (e->floats) {
        _mm512_storeu_ps(y, t);
        return;
    }
    t = _mm512_max_ps(t, e->low); /* ... and here it becomes the least integer */
    t = _mm512_min_ps(t, e->high);
    __m512i integers = _mm512_cvt_roundps_epi32(t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm_storeu_si128((__m128i *)(void *)y, _mm512_cvtepi32_epi8(integers));
}

struct outputs {
    char *y;
    const float *multiplier, *bias;
    const char *z;
};

/* 16 channels, from m on, of one tile. */
VNNI static void transform_output(const struct winograd *k, const struct outputs *o, int64_t tile,
                                  int64_t m, const int32_t *sums) {
    const struct rsl_window *w = &k->g.window;
    __m512i rows[OUT * SIDE];
    const __m512i ninth = _mm512_set1_epi32(0x38e38e39);
    struct ending e;
    int64_t each = k->down * k->across, image = tile / each, at = tile % each;
    int64_t top = at / k->across * OUT, left = at % k->across * OUT;
    int64_t down = w->out[0] - top, across = w->out[1] - left, channels = k->g.out_channels;
    int64_t bytes = k->end.to == RSL_f32 ? 4 : 1;
    int64_t place = ((image * w->out[0] + top) * w->out[1] + left) * channels + m;
    begin(k, o->bias ? o->bias + m : NULL, o->multiplier + m, &e);
    UNROLL for (int j = 0; j < SIDE; j++) {
        __m512i column[SIDE];
        UNROLL for (int i = 0; i < SIDE; i++) column[i] =
            _mm512_loadu_si512(sums + (i * SIDE + j) * SUM_STEP);
        transform_four(column, 1, rows + j, SIDE);
    }
    UNROLL for (int i = 0; i < OUT; i++) {
        __m512i y[OUT];
        if (i >= down) break;
        transform_four(rows + i * SIDE, 1, y, 1);
        int64_t from = place + i * w->out[1] * channels;
        UNROLL for (int j = 0; j < OUT; j++) {
            if (j >= across) break;
            const int factors = (i == 0 ? 0 : i == 1 ? 1 : 2) + (j == 0 ? 0 : j == 1 ? 1 : 2);
            __m512i sum = _mm512_srai_epi32(_mm512_mullo_epi32(y[j], ninth), 6 - factors);
            finish(&e, sum, o->z + from + j * channels, o->y + (from + j * channels) * bytes);
        }
    }
}

/* RUN tiles, of which `n` exist, and BLOCK output channels from m on. */
static void run_block(const struct winograd *k, const struct outputs *o, int64_t first, int64_t n,
                      int64_t m, const int16_t *v, const int16_t *u, int32_t *sums) {
    int64_t channels = k->g.in_channels, size = k->g.out_channels * channels;
    int64_t step = point_step(k), pitch = POINTS * step;
    for (int p = 0; p < POINTS; p++)
        for (int64_t t = 0; t < n; t += TILES)
            multiply(channels, pitch, v + t * pitch + p * step, u + p * size + m * channels,
                     sums + p * SUM_STEP + t * BLOCK);
    for (int64_t t = 0; t < n; t++)
        for (int i = 0; i < VECTORS; i++)
            transform_output(k, o, first + t, m + i * LANES_32, sums + t * BLOCK + i * LANES_32);
}

/* ---- the kernel ---- */

enum { DATA_Y, DATA_X, DATA_U, DATA_MULTIPLIER, DATA_V, DATA_SUMS, DATA_BIAS, DATA_Z, DATA_N };

static size_t sums_bytes(void) {
    return (size_t)POINTS * SUM_STEP * sizeof(int32_t);
}

static void run(const void *context, void *const *data) {
    const struct winograd *k = *(struct winograd *const *)context;
    const struct outputs o = {data[DATA_Y], data[DATA_MULTIPLIER], data[DATA_BIAS], data[DATA_Z]};
    int64_t blocks = k->g.out_channels / BLOCK, pitch = POINTS * point_step(k);
    int16_t *v = data[DATA_V];
    for (int64_t first = 0; first < k->tiles; first += k->chunk) {
        int64_t n = k->tiles - first < k->chunk ? k->tiles - first : k->chunk;
        int64_t runs = (n + RUN - 1) / RUN;
#pragma omp parallel
        {
            int32_t *sums =
                (int32_t *)data[DATA_SUMS] + (size_t)omp_get_thread_num() * (sums_bytes() / 4);
#pragma omp for schedule(static)
            for (int64_t t = 0; t < n; t++)
                transform_input(k, data[DATA_X], first + t, v + t * pitch);
#pragma omp for schedule(static)
            for (int64_t i = 0; i < runs * blocks; i++) {
                int64_t t = i % runs * RUN;
                run_block(k, &o, first + t, n - t < RUN ? n - t : RUN, i / runs * BLOCK,
                          v + t * pitch, data[DATA_U], sums);
            }
        }
    }
}

/* Where this is faster (measured on Cascade Lake): with fewer channels the transforms cost what
 * they save, with more the transformed weights, eight times as large, come too slowly from memory.
 * Tiles should be mostly full. */
static bool pays(const struct qlinear_conv *q) {
    const struct rsl_conv_geometry *g = &q->g;
    const struct rsl_window *w = &g->window;
    bool fits = q->call->in[RSL_QLINEAR_W]->data && w->rank == 2 && g->group == 1 &&
                g->in_channels % LANES_16 == 0 && g->out_channels % BLOCK == 0 &&
                g->in_channels >= LEAST_CHANNELS && g->in_channels <= MOST_CHANNELS;
    for (int d = 0; d < w->rank; d++)
        fits = fits && w->kernel[d] == 3 && w->stride[d] == 1 && w->dilation[d] == 1 &&
               w->out[d] >= OUT && 8 * w->out[d] >= 7 * ((w->out[d] + OUT - 1) / OUT * OUT);
    /* oneDNN has better kernels for AMX, and none of these instructions are there before VNNI. */
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return fits && (isa == dnnl_cpu_isa_avx512_core_vnni || isa == dnnl_cpu_isa_avx512_core_bf16);
}

/* Scratch or packed memory of so many bytes. */
static int add_bytes(struct seq *s, size_t bytes, bool packed) {
    struct rsl_shape shape = {1, {(int64_t)bytes}};
    dnnl_memory_desc_t md;
    if (!rsl_dnnl_plain_as(&shape, dnnl_u8, &md))
        return rsl_fail(RSL_EINTERNAL, "a buffer cannot be described");
    return packed ? rsl_seq_packed(s, RSL_QLINEAR_W, &md) : rsl_seq_scratch(s, &md);
}

static struct winograd *describe(const struct qlinear_conv *q) {
    struct rsl_arena *a = q->rq->arena;
    struct winograd *k = rsl_arena_alloc(a, sizeof *k);
    if (!k) return NULL;
    *k = (struct winograd){.g = q->g,
                           .end = q->end,
                           .is_signed = q->want_x.data_type == dnnl_s8,
                           .z_signed = q->want_z.data_type == dnnl_s8,
                           .zeros = rsl_arena_alloc(a, (size_t)q->g.in_channels),
                           .fits = rsl_arena_alloc(a, sizeof *k->fits)};
    k->channel_fits = rsl_arena_array(a, (size_t)q->g.out_channels, sizeof *k->channel_fits);
    k->down = (q->g.window.out[0] + OUT - 1) / OUT;
    k->across = (q->g.window.out[1] + OUT - 1) / OUT;
    k->tiles = q->g.batch * k->down * k->across;
    int64_t threads = q->rq->threads > 0 ? q->rq->threads : 1;
    int64_t most = CHUNK_BYTES * threads / (POINTS * 2 * point_step(k));
    if (most < CHUNK_LEAST) most = CHUNK_LEAST;
    k->chunk = ((k->tiles < most ? k->tiles : most) + RUN - 1) / RUN * RUN;
    return k->zeros && k->fits && k->channel_fits ? k : NULL;
}

static int take_weights(const struct qlinear_conv *q, struct seq *s, const void *context, int *u) {
    size_t weights = (size_t)(q->g.in_channels * q->g.out_channels);
    int w, copy;
    RSL_TRY(w = rsl_seq_in(s, RSL_QLINEAR_W, &q->have_w));
    RSL_TRY(*u = add_bytes(s, weights * POINTS * sizeof(int16_t), true));
    RSL_TRY(copy = add_bytes(s, weights * TAPS, true));
    return rsl_seq_function(s, pack, context, (const int[]){*u, copy, w}, 3, true);
}

static int build(const struct qlinear_conv *q, const struct winograd *k, const void *context,
                 struct seq *s) {
    int data[DATA_N], threads = q->rq->threads > 0 ? q->rq->threads : 1;
    data[DATA_BIAS] = data[DATA_Z] = RSL_ABSENT;
    RSL_TRY(take_weights(q, s, context, &data[DATA_U]));
    RSL_TRY(data[DATA_X] = rsl_seq_take(s, q->call, RSL_QLINEAR_X, &q->have_x, &q->want_x));
    RSL_TRY(data[DATA_Y] = rsl_seq_give(s, q->rq, 0, &q->y));
    RSL_TRY(data[DATA_MULTIPLIER] = rsl_seq_in(s, RSL_QLINEAR_MULTIPLIER, &q->bias));
    if (q->has_bias) RSL_TRY(data[DATA_BIAS] = rsl_seq_in(s, RSL_QLINEAR_BIAS, &q->bias));
    if (q->residual)
        RSL_TRY(data[DATA_Z] =
                    rsl_seq_take(s, q->call, RSL_QLINEAR_RESIDUAL, &q->have_z, &q->want_z));
    size_t v = (size_t)(POINTS * k->chunk * point_step(k)) * sizeof(int16_t);
    RSL_TRY(data[DATA_V] = add_bytes(s, v, false));
    RSL_TRY(data[DATA_SUMS] = add_bytes(s, (size_t)threads * sums_bytes(), false));
    RSL_TRY(rsl_seq_function(s, run, context, data, DATA_N, false));
    s->base.name = "dnnl integer winograd:avx512_core_vnni";
    return RSL_OK;
}

int rsl_dnnl_qlinear_winograd(struct qlinear_conv *q, struct qlinear_ways *ways, size_t *scratch) {
    struct rsl_kernel *unused;
    if (!pays(q)) return RSL_OK;
    struct winograd *k = describe(q);
    struct winograd **context = rsl_arena_alloc(q->rq->arena, sizeof *context);
    struct seq *s = rsl_seq_new(q->rq->arena);
    if (!k || !context || !s) return RSL_ENOMEM;
    *context = k;
    RSL_TRY(rsl_seq_done(s, build(q, k, context, s), q->rq, &unused));
    if (*scratch < s->scratch) *scratch = s->scratch;
    ways->winograd = s;
    ways->fits = k->fits;
    return RSL_OK;
}

#else

int rsl_dnnl_qlinear_winograd(struct qlinear_conv *q, struct qlinear_ways *ways, size_t *scratch) {
    (void)q, (void)ways, (void)scratch;
    return RSL_OK;
}

#endif
