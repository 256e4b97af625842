/* What follows the sums of an integer layer (ops/fused_qlinear.h), 16 channels in registers: for
 * kernels of our own on processors with AVX-512 and VNNI. */
#ifndef RSL_DNNL_QLINEAR_LANES_H
#define RSL_DNNL_QLINEAR_LANES_H

#include "ops/fused_qlinear.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define RSL_VNNI        __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,prfchw")))
#define RSL_VNNI_INLINE static inline __attribute__((always_inline)) RSL_VNNI
/* Arrays of vectors stay in registers only where all their loops are unrolled. */
#define RSL_VNNI_UNROLL _Pragma("GCC unroll 16")

struct rsl_qlinear_lanes {
    __m512 bias, multiplier, residual_scale, low, high;
    bool relu, z_signed, residual;
    enum rsl_dtype to;
};

/* Whether Relu is the clamping to what unsigned integers hold: what is clamped at 0 in the end need
 * not be on the way. */
static inline bool rsl_qlinear_clamps_relu(const struct rsl_qlinear_end *end) {
    return end->to == RSL_u8 && (!end->residual || end->residual_scale > 0);
}

/* For the channels that `bias`, which may be NULL, and `multiplier` point at. */
RSL_VNNI_INLINE struct rsl_qlinear_lanes rsl_qlinear_lanes(const struct rsl_qlinear_end *end,
                                                           bool z_signed, const float *bias,
                                                           const float *multiplier) {
    return (struct rsl_qlinear_lanes){
        .bias = bias ? _mm512_loadu_ps(bias) : _mm512_setzero_ps(),
        .multiplier = _mm512_loadu_ps(multiplier),
        .residual_scale = _mm512_set1_ps(end->residual_scale),
        .low = _mm512_set1_ps(rsl_qlinear_low(end->to)),
        .high = _mm512_set1_ps(rsl_qlinear_high(end->to)),
        .relu = end->relu && !rsl_qlinear_clamps_relu(end),
        .residual = end->residual,
        .z_signed = z_signed,
        .to = end->to,
    };
}

/* Clamping to what 8 bits hold is left to the conversion where it can: of floats beyond 2^31 comes
 * 2^31 of unsigned integers, but -2^31 of signed ones. */
RSL_VNNI_INLINE void rsl_qlinear_lanes_integers(const struct rsl_qlinear_lanes *e, __m512 t,
                                                void *y) {
    enum { NEAREST = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    t = _mm512_max_ps(t, e->low); /* NaN becomes the least integer */
    if (e->to == RSL_u8) {
        _mm_storeu_si128(y, _mm512_cvtusepi32_epi8(_mm512_cvt_roundps_epi32(t, NEAREST)));
        return;
    }
    t = _mm512_min_ps(t, e->high);
    _mm_storeu_si128(y, _mm512_cvtepi32_epi8(_mm512_cvt_roundps_epi32(t, NEAREST)));
}

/* `z` is read with a residual only. */
RSL_VNNI_INLINE void rsl_qlinear_lanes_store(const struct rsl_qlinear_lanes *e, __m512i sum,
                                             const void *z, void *y) {
    __m512 t = _mm512_mul_ps(_mm512_add_ps(_mm512_cvtepi32_ps(sum), e->bias), e->multiplier);
    if (e->residual) {
        __m128i bytes = _mm_loadu_si128(z);
        __m512i wide = e->z_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
        t = _mm512_add_ps(t, _mm512_cvtepi32_ps(wide));
    }
    if (e->relu) t = _mm512_max_ps(_mm512_setzero_ps(), t); /* of NaN and 0, NaN stays */
    if (e->residual) t = _mm512_mul_ps(t, e->residual_scale);
    if (e->to == RSL_f32)
        _mm512_storeu_ps(y, t);
    else
        rsl_qlinear_lanes_integers(e, t, y);
}

#endif
#endif
