/* Winograd's transforms F(4x4, 3x3), exact in integers. See winograd.h.
 *
 * In floats these transforms round; in integers modulo 2^32 they do not, but what they divide by
 * has to be undone: odd factors by their inverses, each factor of two at the price of one bit of
 * the result. The usual points 0, 1, -1, 2, -2 and infinity (Lavin and Gray 2015) divide by 24 in
 * each direction, 576 = 9 * 2^6 together. The points 0, 1, -1, 2, -1/2 and infinity, of which no
 * two differ by a multiple of 4, divide by 30, and 900 = 225 * 2^2: four bits more are left, which
 * makes the result right for all data. With
 *
 *         2  3 -4 -3  2  0         15  0  0
 *         0 -2 -5 -1  2  0         -5 -5 -5         1  1  1  1  8  0
 *    B' = 0  2  1 -5  2  0     G =  5 -5  5    A' = 0  1 -1  2 -4  0
 *         0 -1 -2  1  2  0          1  2  4         0  1  1  4  2  0
 *         0  2 -1 -2  1  0         -4  2 -1         0  1 -1  8 -1  1
 *         0  2  3 -4 -3  2          0  0 15
 *
 * (all of Cook's and Toom's factors in G) a tile of outputs is
 *
 *    900 Y = A' M A,  M = sum over channels of (B' d B) * (G g G'), elementwise.
 *
 * Data of 8 bits give |B' d B| <= 25088 and |G g G'| <= 225 * 128 = 28800: 16 bits, multiplied in
 * pairs into 32-bit sums that may wrap. 225 * 0x87654321 = 1 modulo 2^32, and an arithmetic shift
 * by 2 gives Y, if |Y| < 2^29. There are 2.25 products of 16 bits per output where the direct way
 * has 9 of 8 bits, which are twice as fast: half the time but for the transforms. */
#include "dnnl/winograd.h"

#include "dnnl/qlinear_lanes.h"

#if defined(__x86_64__)
#include <string.h>

enum {
    SIDE = RSL_WINOGRAD_SIDE,
    OUT = RSL_WINOGRAD_OUT,
    POINTS = RSL_WINOGRAD_POINTS,
    TILES = RSL_WINOGRAD_TILES,
    LANES_16 = RSL_OWN_LANES,
    LANES_32 = LANES_16 / 2,
    VECTORS = 2, /* of sums for the channels of a product */
    AHEAD = 6144 /* bytes of weights that are asked for before they are needed */
};

/* ---- weights ---- */

static void transform_three(int a, int b, int c, int v[SIDE]) {
    v[0] = 15 * a;
    v[1] = -5 * (a + b + c);
    v[2] = 5 * (a - b + c);
    v[3] = a + 2 * b + 4 * c;
    v[4] = -4 * a + 2 * b - c;
    v[5] = 15 * c;
}

void rsl_winograd_weight(const int8_t *g, int16_t u[POINTS]) {
    int columns[3][SIDE];
    for (int j = 0; j < 3; j++) transform_three(g[j], g[3 + j], g[6 + j], columns[j]);
    for (int i = 0; i < SIDE; i++) {
        int row[SIDE];
        transform_three(columns[0][i], columns[1][i], columns[2][i], row);
        for (int j = 0; j < SIDE; j++) u[i * SIDE + j] = (int16_t)row[j];
    }
}

/* ---- input ---- */

RSL_VNNI_INLINE __m512i thrice(__m512i a) {
    return _mm512_add_epi16(a, _mm512_slli_epi16(a, 1));
}

/* v = B' d, whose rows share the differences d[i+2] - d[i]. */
RSL_VNNI_INLINE void transform_six(const __m512i *d, __m512i *v, int step) {
    __m512i e0 = _mm512_sub_epi16(d[2], d[0]), e1 = _mm512_sub_epi16(d[3], d[1]);
    __m512i e2 = _mm512_sub_epi16(d[4], d[2]), e3 = _mm512_sub_epi16(d[5], d[3]);
    __m512i twice0 = _mm512_slli_epi16(e0, 1), twice1 = _mm512_slli_epi16(e1, 1);
    __m512i twice2 = _mm512_slli_epi16(e2, 1), twice3 = _mm512_slli_epi16(e3, 1);
    __m512i sum = _mm512_add_epi16(twice2, twice1), difference = _mm512_sub_epi16(twice2, twice1);
    v[0] = _mm512_sub_epi16(difference, _mm512_add_epi16(e1, twice0));
    v[step] = _mm512_sub_epi16(sum, thrice(_mm512_add_epi16(d[2], d[3])));
    v[2 * step] = _mm512_sub_epi16(difference, thrice(_mm512_sub_epi16(d[3], d[2])));
    v[3 * step] = _mm512_add_epi16(twice2, e1);
    v[4 * step] = _mm512_sub_epi16(e2, twice1);
    v[5 * step] = _mm512_sub_epi16(_mm512_sub_epi16(twice3, e2), sum);
}

/* Where a tile's outputs begin. */
struct place {
    int64_t image, top, left;
};
static inline struct place place_of(const struct rsl_winograd *k, int64_t tile) {
    int64_t each = k->down * k->across, at = tile % each;
    return (struct place){tile / each, at / k->across * OUT, at % k->across * OUT};
}

/* Addresses of the tile's pixels; those on padding are zeros. */
static void find_pixels(const struct rsl_winograd *k, const uint8_t *x, int64_t tile,
                        const uint8_t *pixel[POINTS]) {
    const struct rsl_window *w = &k->own.g.window;
    const struct place at = place_of(k, tile);
    int64_t top = at.top - w->pad_begin[0], left = at.left - w->pad_begin[1];
    int64_t channels = k->own.g.in_channels;
    int64_t row = ((at.image * w->in[0] + top) * w->in[1] + left) * channels; /* may lie outside */
    for (int i = 0; i < SIDE; i++, row += w->in[1] * channels)
        for (int j = 0; j < SIDE; j++) {
            int64_t h = top + i, v = left + j;
            bool inside = h >= 0 && h < w->in[0] && v >= 0 && v < w->in[1];
            pixel[i * SIDE + j] = inside ? x + (row + j * channels) : k->zeros;
        }
}

RSL_VNNI void rsl_winograd_ask_input(const struct rsl_winograd *k, const uint8_t *x, int64_t tile) {
    const struct rsl_window *w = &k->own.g.window;
    const struct place at = place_of(k, tile);
    int64_t channels = k->own.g.in_channels;
    int64_t bytes = rsl_own_least(OUT, w->in[1] - at.left) * channels;
    if (bytes <= 0) return;
    for (int64_t h = at.top; h < at.top + OUT && h < w->in[0]; h++) {
        const uint8_t *row = x + ((at.image * w->in[0] + h) * w->in[1] + at.left) * channels;
        for (int64_t i = 0; i < bytes; i += RSL_OWN_LINE) __builtin_prefetch(row + i);
    }
}

/* Of channels c on. */
RSL_VNNI_INLINE void load_column(const uint8_t *const *pixel, int64_t c, bool is_signed,
                                 __m512i d[SIDE]) {
    RSL_VNNI_UNROLL for (int i = 0; i < SIDE; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(pixel[i * SIDE] + c));
        d[i] = is_signed ? _mm512_cvtepi8_epi16(bytes) : _mm512_cvtepu8_epi16(bytes);
    }
}

RSL_VNNI void rsl_winograd_input(const struct rsl_winograd *k, const uint8_t *x, int64_t tile,
                                 int16_t *v) {
    const uint8_t *pixel[POINTS];
    int64_t step = rsl_winograd_point_step(k);
    find_pixels(k, x, tile, pixel);
    for (int64_t c = 0; c < k->own.g.in_channels; c += LANES_16) {
        __m512i t[POINTS]; /* half way, in the first-level cache */
        for (int j = 0; j < SIDE; j++) {
            __m512i d[SIDE];
            load_column(pixel + j, c, k->own.is_signed, d);
            transform_six(d, t + j, SIDE);
        }
        for (int i = 0; i < SIDE; i++) {
            __m512i row[SIDE];
            transform_six(t + i * SIDE, row, 1);
            RSL_VNNI_UNROLL for (int j = 0; j < SIDE; j++)
                _mm512_storeu_si512(v + (i * SIDE + j) * step + c, row[j]);
        }
    }
}

/* ---- products ---- */

RSL_VNNI_INLINE void multiply(int tiles, int64_t channels, int64_t pitch, const int16_t *v,
                              const int16_t *u, int32_t *sums) {
    __m512i sum[TILES][VECTORS];
    RSL_VNNI_UNROLL for (int t = 0; t < tiles; t++)
        RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++) sum[t][i] = _mm512_setzero_si512();
    for (int64_t c = 0; c < channels; c += 2, u += 2 * LANES_16) {
        __m512i w[VECTORS];
        RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++) {
            w[i] = _mm512_loadu_si512(u + i * LANES_16);
            _mm_prefetch((const char *)(u + i * LANES_16) + AHEAD, _MM_HINT_T0);
        }
        RSL_VNNI_UNROLL for (int t = 0; t < tiles; t++) {
            int32_t pair;
            memcpy(&pair, v + t * pitch + c, sizeof pair);
            __m512i both = _mm512_set1_epi32(pair);
            RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++) sum[t][i] =
                _mm512_dpwssd_epi32(sum[t][i], w[i], both);
        }
    }
    RSL_VNNI_UNROLL for (int t = 0; t < tiles; t++)
        RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++)
            _mm512_storeu_si512(sums + t * LANES_16 + i * LANES_32, sum[t][i]);
}

RSL_VNNI void rsl_winograd_product(int64_t tiles, int64_t channels, int64_t pitch, const int16_t *v,
                                   const int16_t *u, int32_t *sums) {
    if (tiles > 8)
        multiply(TILES, channels, pitch, v, u, sums);
    else if (tiles > 4)
        multiply(8, channels, pitch, v, u, sums);
    else
        multiply(4, channels, pitch, v, u, sums);
}

/* ---- output ---- */

/* q = A' m. Twice is a sum here, which more units of a processor do than shifts. */
RSL_VNNI_INLINE void transform_four(const __m512i *m, __m512i *q, int step) {
    __m512i sum = _mm512_add_epi32(m[1], m[2]), difference = _mm512_sub_epi32(m[1], m[2]);
    __m512i p = m[3], r = m[4]; /* of the points 2 and -1/2 */
    __m512i a = _mm512_sub_epi32(_mm512_sub_epi32(p, r), r);
    __m512i b = _mm512_add_epi32(_mm512_add_epi32(r, p), p);
    q[0] =
        _mm512_add_epi32(_mm512_add_epi32(m[0], sum), _mm512_add_epi32(p, _mm512_slli_epi32(r, 3)));
    q[step] = _mm512_add_epi32(_mm512_add_epi32(difference, a), a);
    q[2 * step] = _mm512_add_epi32(_mm512_add_epi32(sum, b), b);
    q[3 * step] = _mm512_add_epi32(_mm512_add_epi32(m[5], difference),
                                   _mm512_sub_epi32(_mm512_slli_epi32(p, 3), r));
}

struct rsl_winograd_tile rsl_winograd_tile(const struct rsl_winograd *k, int64_t tile) {
    const struct rsl_window *w = &k->own.g.window;
    const struct place at = place_of(k, tile);
    return (struct rsl_winograd_tile){(at.image * w->out[0] + at.top) * w->out[1] + at.left,
                                      w->out[0] - at.top, w->out[1] - at.left};
}

RSL_VNNI void rsl_winograd_ask_output(const struct rsl_winograd *k, void *const *data, int64_t tile,
                                      int64_t m) {
    const char *z = data[RSL_OWN_Z];
    char *y = data[RSL_OWN_Y];
    int64_t channels = k->own.g.out_channels;
    struct rsl_winograd_tile at = rsl_winograd_tile(k, tile);
    for (int i = 0; i < OUT && i < at.down; i++) {
        int64_t from = (at.first + i * k->own.g.window.out[1]) * channels + m;
        for (int j = 0; j < OUT && j < at.across; j++, from += channels) {
            if (k->own.end.to != RSL_f32) __builtin_prefetch(y + from, 1);
            if (z) __builtin_prefetch(z + from);
        }
    }
}

/* What comes out of a layer. The usual kinds, after which no negative numbers are left, have code
 * of their own, where nothing is asked for each pixel. */
enum output { ANY_OUTPUT, UNSIGNED, UNSIGNED_WITH_RESIDUAL };

RSL_VNNI_INLINE struct rsl_qlinear_lanes lanes(const struct rsl_winograd *k, void *const *data,
                                               int64_t m, enum output kind) {
    const float *bias = data[RSL_OWN_BIAS], *multiplier = data[RSL_OWN_MULTIPLIER];
    struct rsl_qlinear_lanes e =
        rsl_qlinear_lanes(&k->own.end, k->own.z_signed, bias ? bias + m : NULL, multiplier + m);
    if (kind == ANY_OUTPUT) return e;
    e.to = RSL_u8, e.relu = e.z_signed = false, e.residual = kind == UNSIGNED_WITH_RESIDUAL;
    return e;
}

/* 16 channels, from m on. */
RSL_VNNI_INLINE void transform_output(const struct rsl_winograd *k, void *const *data,
                                      struct rsl_winograd_tile at, int64_t m, const int32_t *sums,
                                      enum output kind) {
    const __m512i inverse = _mm512_set1_epi32((int)0x87654321);
    const struct rsl_qlinear_lanes e = lanes(k, data, m, kind);
    const char *z = data[RSL_OWN_Z];
    char *y = data[RSL_OWN_Y];
    int64_t channels = k->own.g.out_channels, bytes = e.to == RSL_f32 ? sizeof(float) : 1;
    __m512i rows[OUT * SIDE];
    RSL_VNNI_UNROLL for (int j = 0; j < SIDE; j++) {
        __m512i column[SIDE];
        RSL_VNNI_UNROLL for (int i = 0; i < SIDE; i++) column[i] =
            _mm512_loadu_si512(sums + (i * SIDE + j) * RSL_WINOGRAD_SUMS_STEP);
        transform_four(column, rows + j, SIDE);
    }
    for (int i = 0; i < OUT && i < at.down; i++) {
        __m512i q[OUT];
        transform_four(rows + i * SIDE, q, 1);
        int64_t from = (at.first + i * k->own.g.window.out[1]) * channels + m;
        RSL_VNNI_UNROLL for (int j = 0; j < OUT; j++) {
            if (j >= at.across) break;
            int64_t pixel = from + j * channels;
            __m512i sum = _mm512_srai_epi32(_mm512_mullo_epi32(q[j], inverse), 2);
            rsl_qlinear_lanes_store(&e, sum, e.residual ? z + pixel : NULL, y + pixel * bytes);
        }
    }
}

/* Inlined into one function GCC merges what they have in common, and asks again. */
#define OUTPUT(name, kind)                                                                       \
    __attribute__((noinline)) RSL_VNNI static void name(                                         \
        const struct rsl_winograd *k, void *const *data, struct rsl_winograd_tile at, int64_t m, \
        const int32_t *sums) {                                                                   \
        transform_output(k, data, at, m, sums, kind);                                            \
    }
OUTPUT(output_any, ANY_OUTPUT)
OUTPUT(output_unsigned, UNSIGNED)
OUTPUT(output_unsigned_with_residual, UNSIGNED_WITH_RESIDUAL)

void rsl_winograd_output(const struct rsl_winograd *k, void *const *data,
                         struct rsl_winograd_tile tile, int64_t m, const int32_t *sums) {
    const struct rsl_qlinear_end *e = &k->own.end;
    bool to_unsigned = e->to == RSL_u8 && rsl_qlinear_clamps_relu(e) && !k->own.z_signed;
    for (int i = 0; i < VECTORS; i++, m += LANES_32, sums += LANES_32)
        if (!to_unsigned)
            output_any(k, data, tile, m, sums);
        else if (e->residual)
            output_unsigned_with_residual(k, data, tile, m, sums);
        else
            output_unsigned(k, data, tile, m, sums);
}

#endif
