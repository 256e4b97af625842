/* The grid of a channel: evenly spaced values that codes stand for, and the one place where a
 * weight is rounded to it. Quantizing for the memory image and fake quantization in training both
 * come here, so that they agree bit for bit.
 *
 *   code  = round(clamp(w / step + before, low, high)) + after     ties to even
 *   value = scale * (code - zero_point)
 *
 * Clamping before rounding gives what clamping after it would (the bounds are whole numbers), and
 * keeps |.| below 2^22, where rounding is one addition and one subtraction. */
#ifndef RSL_MEMORY_GRID_H
#define RSL_MEMORY_GRID_H

#include "memory/encoding.h"

struct rsl_grid {
    float scale, zero_point;
    float step; /* the scale, or 1 where it is 0 */
    float before, low, high, after;
};

static inline float rsl_grid_code(const struct rsl_grid *g, float w) {
    const float round = 0x1.8p23f; /* (x + 1.5 * 2^23) - 1.5 * 2^23 rounds |x| <= 2^22 */
    float x = w / g->step + g->before;
    x = x < g->low ? g->low : x;
    x = x > g->high ? g->high : x;
    return ((x + round) - round) + g->after;
}

static inline float rsl_grid_value(const struct rsl_grid *g, float code) {
    return g->scale * (code - g->zero_point);
}

/* Smallest and largest of the values seen so far, and the largest magnitude, which is infinity or
 * NaN when one of the values is. Kept as integers in the order of the numbers: then minimum and
 * maximum are exact in any order of evaluation and vectorize. */
struct rsl_range {
    int32_t min, max, magnitude;
};

#define RSL_RANGE_INIT \
    { INT32_MAX, INT32_MIN, 0 }

void rsl_range_add(struct rsl_range *r, const float *w, int64_t n);
void rsl_range_join(struct rsl_range *r, const struct rsl_range *other);

/* Magnitudes up to 2^126 can be quantized: no difference or product of the arithmetic overflows. */
#define RSL_GRID_LIMIT 0x1p126f

/* The grid of e for a channel with values in that range (no values at all: scale 0). False when one
 * of them is not finite or beyond RSL_GRID_LIMIT. */
bool rsl_grid_of(const struct rsl_encoding *e, const struct rsl_range *r, struct rsl_grid *g);
/* n values to the nearest of the grid's. */
void rsl_grid_snap(const struct rsl_grid *g, const float *w, float *out, int64_t n);
/* n values to codes. */
void rsl_grid_encode(const struct rsl_grid *g, int bits, const float *w, uint8_t *code, int64_t n);

#endif
