/* See dtype.h. */
#include "tensor/dtype.h"

#include <math.h>
#include <string.h>

static uint32_t bits32(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

static float float32(uint32_t u) {
    float f;
    memcpy(&f, &u, 4);
    return f;
}

float rsl_bf16_to_f32(uint16_t b) {
    return float32((uint32_t)b << 16);
}

uint16_t rsl_f32_to_bf16(float f) {
    uint32_t u = bits32(f);
    if ((u & 0x7fffffff) > 0x7f800000) return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

float rsl_f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31) return float32(sign | 0x7f800000 | fraction << 13);
    if (exponent == 0) return float32(sign | bits32((float)fraction * 0x1p-24f));
    return float32(sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t rsl_f32_to_f16(float f) {
    uint32_t u = bits32(f), sign = u >> 16 & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (u >= bits32(65520)) return (uint16_t)(sign | 0x7c00);
    if (u < bits32(0x1p-14f)) /* the last place of 0.5 is that of subnormals: the sum rounds */
        return (uint16_t)(sign | (bits32(float32(u) + 0.5f) - bits32(0.5f)));
    u += 0xfff + (u >> 13 & 1); /* half a last place, less one when it is even */
    return (uint16_t)(sign | ((u >> 13) - (112 << 10)));
}

/* Rounds |d| to `digits` bits of significand with least exponent `emin`, ties to even. */
static double round_to(double d, int digits, int emin) {
    int e;
    frexp(d, &e); /* |d| = m * 2^e, m in [0.5,1) */
    if (e - 1 < emin) e = emin + 1;
    double ulp = ldexp(1, e - digits);
    return rint(d / ulp) * ulp;
}

uint16_t rsl_f64_to_f16(double d) {
    uint16_t sign = signbit(d) ? 0x8000 : 0;
    if (isnan(d)) return sign | 0x7e00;
    double m = fabs(d);
    if (m < 0x1p17) m = round_to(m, 11, -14);
    if (m > 65504) return sign | 0x7c00;
    if (m < 0x1p-14) return (uint16_t)(sign | (uint16_t)(m * 0x1p24));
    int e;
    double f = frexp(m, &e);
    return (uint16_t)(sign | (e + 14) << 10 | ((uint16_t)(f * 2048) & 1023));
}

uint16_t rsl_f64_to_bf16(double d) {
    if (isnan(d)) return (uint16_t)((signbit(d) ? 0x8000 : 0) | 0x7fc0);
    if (fabs(d) < 0x1p128) d = round_to(d, 8, -126);
    return (uint16_t)(bits32((float)d) >> 16); /* exact now, or overflows to infinity */
}

/* Saturating conversion; the largest 64-bit values are not doubles, hence >=. */
#define SATURATE(v, low, high) \
    ((v) != (v) ? 0 : (v) <= (double)(low) ? (low) : (v) >= (double)(high) ? (high) : (v))

#define CONVERSIONS(name, ctype, load, store)                                \
    static void name##_to_double(const void *src, double *dst, size_t n) {   \
        for (size_t i = 0; i < n; i++) {                                     \
            ctype v;                                                         \
            memcpy(&v, (const char *)src + i * sizeof v, sizeof v);          \
            dst[i] = load;                                                   \
        }                                                                    \
    }                                                                        \
    static void name##_from_double(const double *src, void *dst, size_t n) { \
        for (size_t i = 0; i < n; i++) {                                     \
            double d = src[i];                                               \
            ctype v = (ctype)(store);                                        \
            memcpy((char *)dst + i * sizeof v, &v, sizeof v);                \
        }                                                                    \
    }

CONVERSIONS(f32, float, (double)v, (float)d)
CONVERSIONS(f64, double, v, d)
CONVERSIONS(f16, uint16_t, (double)rsl_f16_to_f32(v), rsl_f64_to_f16(d))
CONVERSIONS(bf16, uint16_t, (double)rsl_bf16_to_f32(v), rsl_f64_to_bf16(d))
CONVERSIONS(bool, uint8_t, (double)(v != 0), d != 0)
CONVERSIONS(u8, uint8_t, (double)v, SATURATE(d, 0, UINT8_MAX))
CONVERSIONS(u16, uint16_t, (double)v, SATURATE(d, 0, UINT16_MAX))
CONVERSIONS(u32, uint32_t, (double)v, SATURATE(d, 0, UINT32_MAX))
CONVERSIONS(i8, int8_t, (double)v, SATURATE(d, INT8_MIN, INT8_MAX))
CONVERSIONS(i16, int16_t, (double)v, SATURATE(d, INT16_MIN, INT16_MAX))
CONVERSIONS(i32, int32_t, (double)v, SATURATE(d, INT32_MIN, INT32_MAX))
CONVERSIONS(i64, int64_t, (double)v,
            d != d         ? 0
            : d <= -0x1p63 ? INT64_MIN
            : d >= 0x1p63  ? INT64_MAX
                           : (int64_t)d)
CONVERSIONS(u64, uint64_t, (double)v, d != d || d <= 0 ? 0 : d >= 0x1p64 ? UINT64_MAX : (uint64_t)d)

#define INTEGERS(name, ctype)                                              \
    static void name##_to_i64(const void *src, int64_t *dst, size_t n) {   \
        for (size_t i = 0; i < n; i++) {                                   \
            ctype v;                                                       \
            memcpy(&v, (const char *)src + i * sizeof v, sizeof v);        \
            dst[i] = (int64_t)v;                                           \
        }                                                                  \
    }                                                                      \
    static void name##_from_i64(const int64_t *src, void *dst, size_t n) { \
        for (size_t i = 0; i < n; i++) {                                   \
            ctype v = (ctype)src[i];                                       \
            memcpy((char *)dst + i * sizeof v, &v, sizeof v);              \
        }                                                                  \
    }
INTEGERS(u8, uint8_t)
INTEGERS(u16, uint16_t)
INTEGERS(u32, uint32_t)
INTEGERS(u64, uint64_t)
INTEGERS(i8, int8_t)
INTEGERS(i16, int16_t)
INTEGERS(i32, int32_t)
INTEGERS(i64, int64_t)

#define BY_CLASS_F(name) NULL, NULL
#define BY_CLASS_B(name) NULL, NULL
#define BY_CLASS_I(name) name##_to_i64, name##_from_i64
#define BY_CLASS_U(name) name##_to_i64, name##_from_i64

static const struct rsl_dtype_traits traits[RSL_DTYPE_END] = {
#define X(name, number, ctype, bytes, class) \
    [number] = {                             \
        #name, bytes, #class[0], name##_to_double, name##_from_double, BY_CLASS_##class(name)},
#include "tensor/dtype.def"
#undef X
};

const struct rsl_dtype_traits *rsl_dtype_traits(int dtype) {
    if (dtype < 0 || dtype >= RSL_DTYPE_END || !traits[dtype].name) return NULL;
    return &traits[dtype];
}

const char *rsl_dtype_name(int dtype) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits(dtype);
    return t ? t->name : "?";
}

size_t rsl_dtype_bytes(int dtype) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits(dtype);
    return t ? t->bytes : 0;
}

bool rsl_dtype_is_float(int dtype) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits(dtype);
    return t && t->class == 'F';
}
