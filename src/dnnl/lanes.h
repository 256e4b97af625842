/* Sixteen channels at a time: the innermost part of every layout that our own kernels work on.
 *
 * A tensor [N,C,area] is seen as units (image, group of 16 channels) of `area` rows of 16 lanes,
 * `pitch` elements apart: pitch 16 in oneDNN's blocked layout, C in channels-last. */
#ifndef RSL_DNNL_LANES_H
#define RSL_DNNL_LANES_H

#include "base/lanes.h"
#include "dnnl/dnnl_int.h"

struct units {
    int64_t batch, channels, groups, area;
    int64_t pitch;      /* elements from one row to the next */
    int64_t group_step; /* elements from one group to the next */
    int64_t image_step;
    bool bf16;
};

/* False when the layout is none of the two, or its channels do not come in sixteens. */
bool rsl_dnnl_units(const dnnl_memory_desc_t *md, struct units *u);
/* The blocked layout of a shape of rank 3 to 5. */
bool rsl_dnnl_blocked(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md);
/* Description `md` itself when units can be made of it, else the blocked one of its type. */
bool rsl_dnnl_unit_layout(const struct rsl_shape *s, const dnnl_memory_desc_t *have,
                          dnnl_memory_desc_t *want, struct units *u);

/* First element of unit i = image * groups + group. */
static inline int64_t unit_start(const struct units *u, int64_t i) {
    return i / u->groups * u->image_step + i % u->groups * u->group_step;
}

RSL_LANES_INLINE lanes_load(lanes *v, const void *base, int64_t at, bool bf16) {
    if (bf16) {
        typedef uint16_t half __attribute__((vector_size(2 * LANES)));
        half h;
        __builtin_memcpy(&h, (const uint16_t *)base + at, sizeof h);
        lane_bits wide = __builtin_convertvector(h, lane_bits) << 16;
        __builtin_memcpy(v, &wide, sizeof *v);
    } else {
        __builtin_memcpy(v, (const float *)base + at, sizeof *v);
    }
}

/* bf16: to the nearest, ties to even; NaN stays NaN. */
RSL_LANES_INLINE lanes_store(const lanes *v, void *base, int64_t at, bool bf16) {
    if (bf16) {
        typedef uint16_t half __attribute__((vector_size(2 * LANES)));
        lane_bits bits, nan = (lane_bits)(*v != *v); /* NOLINT(misc-redundant-expression) */
        __builtin_memcpy(&bits, v, sizeof bits);
        lane_bits rounded = bits + 0x7fff + ((bits >> 16) & 1);
        bits = ((rounded & ~nan) | ((bits | 0x400000) & nan)) >> 16;
        half h = __builtin_convertvector(bits, half);
        __builtin_memcpy((uint16_t *)base + at, &h, sizeof h);
    } else {
        __builtin_memcpy((float *)base + at, v, sizeof *v);
    }
}

/* v where the mask has ones, else 0. */
RSL_LANES_INLINE lanes_keep(lanes *v, const lane_bits *mask) {
    lane_bits bits;
    __builtin_memcpy(&bits, v, sizeof bits);
    bits &= *mask;
    __builtin_memcpy(v, &bits, sizeof bits);
}

/* max(v, 0) that keeps NaN. */
RSL_LANES_INLINE lanes_relu(lanes *v) {
    lane_bits mask = ~(lane_bits)(*v < 0.0F);
    lanes_keep(v, &mask);
}

#endif
