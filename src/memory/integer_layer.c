/* The constants of one integer layer. With w = scale * (code - zero) and x = x_scale * X:
 *
 *   y = a * (sum w x + b - mean) + shift           a = norm_scale / sqrt(var + epsilon), or 1
 *     = a * scale * x_scale * (sum (code - zero) X + B)
 *   B = ((b - mean) * a + shift) / (a * scale * x_scale)
 *
 * so that multiplier = a * scale * x_scale / unit, all in double and rounded once. A multiplier of
 * 0 (a channel of zeros) could not carry the bias: it is replaced by one so small that no sum
 * counts.
 */
#include "memory/integer_int.h"

#include <float.h>
#include <math.h>

int8_t rsl_integer_weight(const struct rsl_integer_layer *l, int m, uint32_t code) {
    if (!l->is_signed) return (int8_t)((int)code - (int)l->offset[m]);
    uint32_t sign = (uint32_t)1 << (l->bits - 1);
    return (int8_t)((int)(code ^ sign) - (int)sign);
}

float rsl_integer_offset(const struct rsl_integer_layer *l, float zero_point) {
    float low = (float)((1 << l->bits) - 128);
    zero_point = nearbyintf(zero_point);
    return zero_point > low ? (zero_point < 128 ? zero_point : 128) : low;
}

static double part(const struct rsl_integer_layer *l, enum integer_part p, int m,
                   double otherwise) {
    return l->part[p] ? (double)l->part[p][m] : otherwise;
}

static double clamped(double v) {
    return v > (double)FLT_MAX ? (double)FLT_MAX : v < -(double)FLT_MAX ? -(double)FLT_MAX : v;
}

/* Whole numbers only, as 32 bits hold them. */
static int32_t whole(double v) {
    if (isnan(v)) return 0;
    v = nearbyint(v);
    return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

struct integer_constants rsl_integer_constants(const struct rsl_integer_layer *l, int m) {
    const double least = 0x1p-60;
    double a = 1, b = part(l, PART_BIAS, m, 0);
    if (l->part[PART_NORM_SCALE]) {
        a = part(l, PART_NORM_SCALE, m, 1) / sqrt(part(l, PART_NORM_VAR, m, 1) + l->epsilon);
        b = (b - part(l, PART_NORM_MEAN, m, 0)) * a + part(l, PART_NORM_SHIFT, m, 0);
    }
    double multiplier = a * part(l, PART_SCALE, m, 1) * l->x_scale / l->unit;
    if (fabs(multiplier) < least) multiplier = multiplier < 0 ? -least : least;
    double bias = b / l->unit / multiplier;
    if (!l->to_float) {
        /* Integers have no NaN: such a channel reads as the least of them. */
        bool defined = !isnan(multiplier) && !isnan(bias);
        multiplier = defined ? clamped(multiplier) : 1;
        bias = defined ? clamped(bias) : -(double)FLT_MAX;
    }
    double zero = part(l, PART_ZERO, m, 0) - (l->offset ? (double)l->offset[m] : 0);
    return (struct integer_constants){(float)multiplier, (float)bias, whole(zero)};
}
