/* Scales and zero points from protected bits. Votes take all voted bits of all numbers at once, as
 * matrices; products with places' values make integers of bits.
 *
 * ONNX has no operator that takes bits for a float's, so that one is put together, exactly: with
 * mantissa m of 23 bits, exponent e of 8 and a sign, it is
 *
 *     +-2^(e-127) * ((m + 2^23) * 2^-23)      the 2^23 is missing, and e is 1, where e is 0
 *
 * with the powers and the 2^23 from tables that sign and exponent are an index to. The exponent 255
 * is infinity, or NaN where m is not 0. */
#include "export/emitter.h"

#include <math.h>
#include <string.h>

enum { MANTISSA = 23, EXPONENTS = 512 /* of both signs */ };

/* Bits first..first+n-1 of all numbers. */
static int gather_bits(struct emitter *e, struct emitted_bits bits, const char *suffix, int first,
                       int n) {
    char index[32] = "";
    int64_t at[32];
    for (int i = 0; i < n; i++) at[i] = first + i;
    strncat(index, suffix, sizeof index - 8);
    strcat(index, "_at");
    return emit_gather(e, suffix, bits.value, emit_integers(e, index, n, at), bits.axis);
}

/* The data bits, of which the top ones are voted. */
static int vote(struct emitter *e, const struct rsl_storage *s, struct emitted_bits bits) {
    const int width = s->encoding.bits,
              top = rsl_protection_spare_bits(&s->protection, &s->encoding);
    const int a = gather_bits(e, bits, "voted", width - top, top),
              b = gather_bits(e, bits, "copy", width, top),
              c = gather_bits(e, bits, "copy2", width + top, top);
    const int both = emit_node(e, "BitwiseAnd", "both", a, b, RSL_ABSENT),
              either = emit_node(e, "BitwiseOr", "either", a, b, RSL_ABSENT),
              with = emit_node(e, "BitwiseAnd", "with", either, c, RSL_ABSENT),
              high = emit_node(e, "BitwiseOr", "vote", both, with, RSL_ABSENT);
    if (top == width) return high;
    return emit_concat(e, "data", gather_bits(e, bits, "low", 0, width - top), high, bits.axis);
}

/* i32: the sum of bits times their places' values. */
static int weigh(struct emitter *e, const char *suffix, int bits, int axis, int n,
                 const int32_t *value) {
    char places[32] = "";
    strncat(places, suffix, sizeof places - 8);
    strcat(places, "_of");
    const int64_t dims[2] = {axis ? n : 1, axis ? 1 : n};
    const int of = emit_constant(e, emit_name(e, places), RSL_i32, 2, dims, value);
    return emit_node(e, "MatMul", suffix, axis ? bits : of, axis ? of : bits, RSL_ABSENT);
}

static int compose_float(struct emitter *e, int bits, int axis) {
    int32_t low[32] = {0}, high[32] = {0}, lead[EXPONENTS];
    float power[EXPONENTS];
    uint8_t special[EXPONENTS];
    for (int i = 0; i < 32; i++) *(i < MANTISSA ? &low[i] : &high[i]) = 1 << i % MANTISSA;
    for (int i = 0; i < EXPONENTS; i++) {
        const int x = i % 256;
        lead[i] = x ? 1 << MANTISSA : 0;
        power[i] = x == 255 ? INFINITY : ldexpf(1, (x ? x : 1) - 127);
        power[i] = i < 256 ? power[i] : -power[i];
        special[i] = x == 255;
    }
    const int m = weigh(e, "mantissa", bits, axis, 32, low),
              x = weigh(e, "exponent", bits, axis, 32, high);
    int f =
        emit_gather(e, "lead", emit_shared(e, "resile.f32.lead", RSL_i32, EXPONENTS, lead), x, 0);
    f = emit_node(e, "Add", "whole", f, m, RSL_ABSENT);
    f = emit_cast(e, "number", f, RSL_f32);
    const float unit = 0x1p-23F, nan = NAN;
    const int by = emit_shared(e, "resile.f32.unit", RSL_f32, 0, &unit),
              none = emit_shared(e, "resile.f32.nan", RSL_f32, 0, &nan);
    f = emit_node(e, "Mul", "fraction", f, by, RSL_ABSENT);
    const int p = emit_gather(e, "power",
                              emit_shared(e, "resile.f32.power", RSL_f32, EXPONENTS, power), x, 0);
    f = emit_node(e, "Mul", "value", f, p, RSL_ABSENT);
    int odd = emit_gather(e, "special",
                          emit_shared(e, "resile.f32.special", RSL_u8, EXPONENTS, special), x, 0);
    odd = emit_cast(e, "infinite", odd, RSL_bool);
    odd = emit_node(e, "And", "undefined", odd, emit_cast(e, "some", m, RSL_bool), RSL_ABSENT);
    return emit_node(e, "Where", "float", odd, none, f);
}

static int compose_whole(struct emitter *e, int bits, int axis, int width) {
    int32_t place[32] = {0};
    for (int i = 0; i < width - 1; i++) place[i] = (int32_t)1 << i;
    place[width - 1] = (int32_t)(-(int64_t)1 * ((int64_t)1 << (width - 1)));
    return weigh(e, "integer", bits, axis, width, place);
}

int emit_parameter(struct emitter *e, const struct rsl_stored_parameter *from,
                   const struct rsl_shape *shape) {
    const struct rsl_storage *s = &from->storage;
    const struct emitted_bits stored = emit_bits(e, s, rsl_shape_count(shape), &from->bits);
    const int bits = emit_cast(e, "bits32", vote(e, s, stored), RSL_i32);
    const bool is_float = strcmp(s->encoding.kind->name, "f32") == 0;
    const int number = is_float ? compose_float(e, bits, stored.axis)
                                : compose_whole(e, bits, stored.axis, s->encoding.bits);
    const int as = emit_integers(e, "shape", shape->rank, shape->dim);
    return emit_node(e, "Reshape", NULL, number, as, RSL_ABSENT);
}
