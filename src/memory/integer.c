/* Whole numbers in two's complement: what zero points are stored as. */
#include "memory/encoding.h"

#include <math.h>

/* Saturates; rsl_encode refuses what does not come back. */
static uint32_t to_code(float value, int bits) {
    double limit = ldexp(1, bits - 1), v = isnan(value) ? 0 : nearbyint((double)value);
    v = v < -limit ? -limit : v > limit - 1 ? limit - 1 : v;
    return (uint32_t)((uint64_t)(int64_t)v & (((uint64_t)1 << bits) - 1));
}

static float from_code(uint32_t code, int bits) {
    uint32_t sign = (uint32_t)1 << (bits - 1);
    return (float)((int64_t)(code ^ sign) - (int64_t)sign);
}

const struct rsl_encoding_kind rsl_encoding_integer = {
    .name = "int",
    .about = "whole numbers in two's complement",
    .widths = (uint64_t)1 << 8 | (uint64_t)1 << 16 | (uint64_t)1 << 32,
    .is_signed = true,
    .to_code = to_code,
    .from_code = from_code,
};
