/* Both ends of a packed layer: activations to digits, sums to outputs. The arithmetic is that of
 * packed.h. */
#ifndef RSL_MEMORY_PACKED_ENDS_H
#define RSL_MEMORY_PACKED_ENDS_H

#include "memory/packed_layer.h"

#include <math.h>

/* Blocks of a row's weights, the last one perhaps in part. */
static inline int64_t packed_blocks(const struct rsl_packed_layer *l) {
    return (l->terms + RSL_PACKED_BLOCK - 1) / RSL_PACKED_BLOCK;
}

/* The unit of n numbers; 0 when one of them is not finite. */
double rsl_packed_unit(const float *x, int64_t n);

/* X, whose digits are stored. */
static inline int32_t packed_split(float x, float per_unit, int8_t *d0, int8_t *d1, int8_t *d2) {
    int32_t all = (int32_t)lrintf(x * per_unit), rest = all;
    *d0 = (int8_t)rest;
    rest = (rest - *d0) >> 8;
    *d1 = (int8_t)rest;
    *d2 = (int8_t)((rest - *d1) >> 8);
    return all;
}

static inline double packed_bias(const struct rsl_packed_layer *l, int64_t output) {
    return l->bias ? (double)l->bias[l->one_bias ? 0 : output] : 0;
}

/* NaN takes the branch that keeps it. */
static inline float packed_activated(const struct rsl_packed_layer *l, float v) {
    switch (l->activation) {
        case RSL_PACKED_RELU:
            return v < 0 ? 0 : v;
        case RSL_PACKED_CLIP:
            v = v < l->alpha ? l->alpha : v;
            return v > l->beta ? l->beta : v;
        case RSL_PACKED_LEAKY_RELU:
            return v < 0 ? l->alpha * v : v;
        case RSL_PACKED_HARD_SWISH: {
            float h = v / 6 + 0.5F;
            h = h < 0 ? 0 : h;
            return v * (h > 1 ? 1 : h);
        }
        default:
            return v;
    }
}

static inline void packed_give(const struct rsl_packed_layer *l, int64_t at, float v) {
    l->y[at] = packed_activated(l, l->z ? v + l->z[at] : v);
}

/* One output of an image that is not finite, from the codes of its row. */
double rsl_packed_plain_sum(const struct rsl_packed_layer *l, int64_t image, int64_t pixel,
                            const uint8_t *code, double zero, double scale);

#endif
