/* Element types and their traits; one table instead of a switch in every reader. */
#ifndef RSL_TENSOR_DTYPE_H
#define RSL_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rsl_dtype {
    RSL_NO_DTYPE = 0,
#define X(name, number, ctype, bytes, class) RSL_##name = number,
#include "tensor/dtype.def"
#undef X
    RSL_DTYPE_END = 17
};

struct rsl_dtype_traits {
    const char *name; /* "f32"; NULL in the table's holes */
    size_t bytes;
    char class; /* 'F', 'I', 'U', 'B' */
    /* Conversions of n elements. To double is exact but for 64-bit integers; from double rounds to
     * nearest even in floats and saturates in integers (NaN becomes 0). */
    void (*to_double)(const void *src, double *dst, size_t n);
    void (*from_double)(const double *src, void *dst, size_t n);
    /* Integers only, else NULL: to 64 bits by sign or zero extension (u64 keeps its bits), and back
     * modulo the type's width. */
    void (*to_i64)(const void *src, int64_t *dst, size_t n);
    void (*from_i64)(const int64_t *src, void *dst, size_t n);
};

/* NULL for a number that is no supported type (strings, complex, ...). */
const struct rsl_dtype_traits *rsl_dtype_traits(int dtype);
/* "f32", or "?" */
const char *rsl_dtype_name(int dtype);
size_t rsl_dtype_bytes(int dtype);
bool rsl_dtype_is_float(int dtype);

/* Half precision and bfloat16, round to nearest even, NaN stays NaN (quiet). */
float rsl_f16_to_f32(uint16_t h);
uint16_t rsl_f32_to_f16(float f);
float rsl_bf16_to_f32(uint16_t b);
uint16_t rsl_f32_to_bf16(float f);
/* Directly from double: rounding twice (over float) would be wrong. */
uint16_t rsl_f64_to_f16(double d);
uint16_t rsl_f64_to_bf16(double d);

#endif
