/* Packed arithmetic with AVX2. Products of bytes are summed in pairs of 16 bits, which hold codes
 * of up to seven bits times digits; the eighth bit of wider codes is added as a product of its own.
 */
#include "memory/packed_word.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET inline __attribute__((always_inline))

enum { PART = 32 };

static bool available(void) {
    return __builtin_cpu_supports("avx2");
}

/* Bit i of the 32 becomes byte i, all ones or all zeros. */
static INLINE __m256i spread(uint32_t bits) {
    const __m256i byte = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                          2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    __m256i v = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), byte);
    return _mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit);
}

TARGET static void codes(const struct rsl_planes *p, int64_t first, int64_t blocks, uint8_t *code) {
    for (int64_t i = 0; i < blocks * RSL_PACKED_BLOCK; i += 64) {
        __m256i low = _mm256_setzero_si256(), high = low;
        for (int b = 0; b < p->width; b++) {
            uint64_t plane = packed_plane(p, first + i, b);
            __m256i place = _mm256_set1_epi8((char)(1 << b));
            low = _mm256_or_si256(low, _mm256_and_si256(spread((uint32_t)plane), place));
            high = _mm256_or_si256(high, _mm256_and_si256(spread((uint32_t)(plane >> 32)), place));
        }
        _mm256_storeu_si256((__m256i *)(code + i), low);
        _mm256_storeu_si256((__m256i *)(code + i + PART), high);
    }
}

/* sum + the products of 32 codes and digits, four to a lane. */
static INLINE __m256i add_products(__m256i sum, __m256i code, __m256i x) {
    const __m256i ones = _mm256_set1_epi16(1), top = _mm256_set1_epi8((char)0x80);
    __m256i low = _mm256_maddubs_epi16(_mm256_andnot_si256(top, code), x);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(low, ones));
    if (_mm256_testz_si256(code, top)) return sum;
    __m256i eighth = _mm256_and_si256(_mm256_srli_epi16(code, 7), _mm256_set1_epi8(1));
    __m256i high = _mm256_maddubs_epi16(eighth, x);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(high, _mm256_set1_epi16(128)));
}

static INLINE int32_t total(__m256i v) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1));
    return _mm_cvtsi128_si32(s);
}

TARGET static void dot_bytes(const uint8_t *code, int64_t stride, int rows, int64_t blocks,
                             const int8_t *const digits[RSL_PACKED_DIGITS],
                             int64_t (*sum)[RSL_PACKED_DIGITS]) {
    for (int r = 0; r < rows; r++) {
        __m256i s[RSL_PACKED_DIGITS] = {0};
        for (int64_t i = 0; i < blocks * RSL_PACKED_BLOCK; i += PART) {
            __m256i c = _mm256_loadu_si256((const __m256i *)(code + r * stride + i));
            for (int d = 0; d < RSL_PACKED_DIGITS; d++)
                s[d] = add_products(s[d], c, _mm256_loadu_si256((const __m256i *)(digits[d] + i)));
        }
        for (int d = 0; d < RSL_PACKED_DIGITS; d++) sum[r][d] += total(s[d]);
    }
}

TARGET static void dot_planes(const struct rsl_planes *p, int64_t first, int64_t stride, int rows,
                              int64_t blocks, const int8_t *const digits[RSL_PACKED_DIGITS],
                              int64_t (*sum)[RSL_PACKED_DIGITS]) {
    _Alignas(32) uint8_t code[RSL_PACKED_BLOCK];
    for (int r = 0; r < rows; r++)
        for (int64_t at = 0; at < blocks * RSL_PACKED_BLOCK; at += RSL_PACKED_BLOCK) {
            const int8_t *const here[] = {digits[0] + at, digits[1] + at, digits[2] + at};
            codes(p, first + r * stride + at, 1, code);
            dot_bytes(code, 0, 1, 1, here, sum + r);
        }
}

/* The products of pixel p's digits with 16 outputs, which are two vectors. */
static INLINE void add_tile(const struct rsl_tile *t, int p, int digits,
                            __m256i s[RSL_PACKED_DIGITS][2]) {
    for (int64_t q = 0; q < t->quads; q++) {
        const __m256i *panel = (const __m256i *)(t->panel + q * 64);
        const __m256i a = _mm256_load_si256(panel), b = _mm256_load_si256(panel + 1);
        for (int d = 0; d < digits; d++) {
            int32_t four;
            memcpy(&four, t->pixel[p] + t->offset[q] + 4 * d, sizeof four);
            __m256i x = _mm256_set1_epi32(four);
            s[d][0] = add_products(s[d][0], a, x);
            s[d][1] = add_products(s[d][1], b, x);
        }
    }
}

TARGET static void tile(struct rsl_tile *t) {
    for (int p = 0; p < t->pixels; p++) {
        __m256i s[RSL_PACKED_DIGITS][2] = {0};
        _Alignas(32) int32_t digit[RSL_PACKED_DIGITS][RSL_PACKED_OUTPUTS];
        add_tile(t, p, RSL_PACKED_DIGITS, s);
        for (int d = 0; d < RSL_PACKED_DIGITS; d++) {
            _mm256_store_si256((__m256i *)digit[d], s[d][0]);
            _mm256_store_si256((__m256i *)digit[d] + 1, s[d][1]);
        }
        packed_finish(t, p, digit[0], digit[1], digit[2]);
    }
}

TARGET static void tile_integers(struct rsl_tile *t) {
    for (int p = 0; p < t->pixels; p++) {
        __m256i s[RSL_PACKED_DIGITS][2] = {0};
        add_tile(t, p, 1, s);
        _mm256_storeu_si256((__m256i *)t->product[p], s[0][0]);
        _mm256_storeu_si256((__m256i *)t->product[p] + 1, s[0][1]);
    }
}

#else
static bool available(void) {
    return false;
}
#define codes         NULL
#define dot_planes    NULL
#define dot_bytes     NULL
#define tile          NULL
#define tile_integers NULL
#endif

const struct rsl_packed_cpu rsl_packed_avx2 = {
    .name = "avx2",
    .kernel = "packed avx2",
    .available = available,
    .codes = codes,
    .dot_planes = dot_planes,
    .dot_bytes = dot_bytes,
    .tile = tile,
    .tile_integers = tile_integers,
};
