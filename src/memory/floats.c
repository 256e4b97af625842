/* Floating-point formats: a code is the bits of the number. */
#include "memory/encoding.h"
#include "tensor/dtype.h"

#include <string.h>

static uint32_t f32_code(float value, int bits) {
    (void)bits;
    uint32_t code;
    memcpy(&code, &value, sizeof code);
    return code;
}

static float f32_value(uint32_t code, int bits) {
    (void)bits;
    float value;
    memcpy(&value, &code, sizeof value);
    return value;
}

static uint32_t f16_code(float value, int bits) {
    (void)bits;
    return rsl_f32_to_f16(value);
}

static float f16_value(uint32_t code, int bits) {
    (void)bits;
    return rsl_f16_to_f32((uint16_t)code);
}

static uint32_t bf16_code(float value, int bits) {
    (void)bits;
    return rsl_f32_to_bf16(value);
}

static float bf16_value(uint32_t code, int bits) {
    (void)bits;
    return rsl_bf16_to_f32((uint16_t)code);
}

const struct rsl_encoding_kind rsl_encoding_f32 = {
    .name = "f32",
    .about = "IEEE 754 single precision",
    .widths = (uint64_t)1 << 32,
    .exponent_bits = 8,
    .to_code = f32_code,
    .from_code = f32_value,
};

const struct rsl_encoding_kind rsl_encoding_f16 = {
    .name = "f16",
    .about = "IEEE 754 half precision",
    .widths = 1 << 16,
    .exponent_bits = 5,
    .to_code = f16_code,
    .from_code = f16_value,
};

const struct rsl_encoding_kind rsl_encoding_bf16 = {
    .name = "bf16",
    .about = "bfloat16: the upper half of single precision",
    .widths = 1 << 16,
    .exponent_bits = 8,
    .to_code = bf16_code,
    .from_code = bf16_value,
};
