/* See qlinear_rows.h. */
#include "dnnl/qlinear_rows.h"

#include "dnnl/qlinear_lanes.h"

#if defined(__x86_64__)
#include <string.h>

enum {
    LANES = RSL_OWN_LANES,
    LANES_32 = LANES / 2,
    VECTORS = 2, /* of sums for LANES channels */
    QUAD = 4,    /* bytes whose products are added up in one instruction */
    ROWS = RSL_ROWS_AT_ONCE,
    AHEAD = 4096 /* bytes of weights that are asked for before they are needed */
};

static void pack_one(const struct rsl_own *k, int64_t m, int64_t c, const int8_t *taps,
                     void *packed) {
    int8_t *u = (int8_t *)packed + m / LANES * k->taps * k->g.in_channels * LANES;
    u += c / QUAD * LANES * QUAD + m % LANES * QUAD + c % QUAD;
    for (int64_t t = 0; t < k->taps; t++) u[t * k->g.in_channels * LANES] = taps[t];
}

void rsl_rows_weights(struct rsl_own *k) {
    k->u_bytes = (size_t)(k->g.in_channels * k->g.out_channels * k->taps);
    k->pack_one = pack_one;
}

RSL_VNNI void rsl_rows_copy(char *to, const char *from, int64_t channels) {
    for (int64_t c = 0; c < channels; c += LANES)
        _mm256_storeu_si256((__m256i *)(void *)(to + c),
                            _mm256_loadu_si256((const __m256i *)(const void *)(from + c)));
}

RSL_VNNI_INLINE void multiply(int rows, int64_t channels, const struct rsl_taps *taps,
                              const char *v, int64_t pitch, const int8_t *u, int32_t *sums) {
    __m512i sum[ROWS][VECTORS];
    RSL_VNNI_UNROLL for (int r = 0; r < rows; r++) RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++)
        sum[r][i] = _mm512_setzero_si512();
    for (int64_t t = 0; t < taps->n; t++) {
        const char *x = v + taps->at[t];
        const int8_t *w = u + taps->tap[t] * channels * LANES;
        for (int64_t c = 0; c < channels; c += QUAD, x += QUAD, w += LANES * QUAD) {
            __m512i weights[VECTORS];
            RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++) {
                weights[i] = _mm512_loadu_si512(w + i * LANES_32 * QUAD);
                _mm_prefetch((const char *)w + i * LANES_32 * QUAD + AHEAD, _MM_HINT_T0);
            }
            RSL_VNNI_UNROLL for (int r = 0; r < rows; r++) {
                int32_t quad;
                memcpy(&quad, x + r * pitch, sizeof quad);
                __m512i all = _mm512_set1_epi32(quad);
                RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++) sum[r][i] =
                    _mm512_dpbusd_epi32(sum[r][i], all, weights[i]);
            }
        }
    }
    RSL_VNNI_UNROLL for (int r = 0; r < rows; r++) RSL_VNNI_UNROLL for (int i = 0; i < VECTORS; i++)
        _mm512_storeu_si512(sums + r * LANES + i * LANES_32, sum[r][i]);
}

RSL_VNNI static void multiply_rows(int64_t rows, int64_t channels, const struct rsl_taps *taps,
                                   const char *v, int64_t pitch, const int8_t *u, int32_t *sums) {
    if (rows > 8)
        multiply(ROWS, channels, taps, v, pitch, u, sums);
    else if (rows > 4)
        multiply(8, channels, taps, v, pitch, u, sums);
    else
        multiply(4, channels, taps, v, pitch, u, sums);
}

/* Rows from output pixel `at` on, `step` pixels after each other. */
RSL_VNNI static void finish_rows(const struct rsl_own *k, void *const *data, int64_t n, int64_t at,
                                 int64_t step, int64_t m, const int32_t *sums) {
    const float *bias = data[RSL_OWN_BIAS], *multiplier = data[RSL_OWN_MULTIPLIER];
    const char *z = data[RSL_OWN_Z];
    char *y = data[RSL_OWN_Y];
    for (int i = 0; i < VECTORS; i++, m += LANES_32) {
        const struct rsl_qlinear_lanes e =
            rsl_qlinear_lanes(&k->end, k->z_signed, bias ? bias + m : NULL, multiplier + m);
        for (int64_t r = 0; r < n; r++) {
            int64_t to = (at + r * step) * k->g.out_channels + m;
            rsl_qlinear_lanes_store(&e, _mm512_loadu_si512(sums + r * LANES + i * LANES_32),
                                    e.residual ? z + to : NULL,
                                    y + to * (int64_t)(e.to == RSL_f32 ? sizeof(float) : 1));
        }
    }
}

void rsl_rows_run(const struct rsl_own *k, void *const *data, const struct rsl_taps *taps,
                  const struct rsl_rows *rows, int64_t m) {
    int64_t channels = k->g.in_channels;
    const int8_t *u = (const int8_t *)data[RSL_OWN_U] + m * k->taps * channels;
    int32_t sums[ROWS * LANES];
    for (int64_t r = 0, n; r < rows->n; r += n) {
        n = rows->n - r == 16 ? 8 : rsl_own_least(rows->n - r, ROWS); /* 16 = 8 + 8 */
        multiply_rows(n, channels, taps, rows->v + r * rows->pitch, rows->pitch, u, sums);
        finish_rows(k, data, n, rows->first + r * rows->step, rows->step, m, sums);
    }
}

#endif
