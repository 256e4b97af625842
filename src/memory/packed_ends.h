/* Both ends of a packed layer: activations to digits, sums of products to outputs. There are ends
 * of floats and ends of 8-bit integers; packed.h has the arithmetic of both. */
#ifndef RSL_MEMORY_PACKED_ENDS_H
#define RSL_MEMORY_PACKED_ENDS_H

#include "memory/packed_layer.h"

/* Up to 16 outputs that are computed together. */
struct packed_outputs {
    int64_t first;
    int n;
    const uint8_t *code; /* [n][terms] */
    /* ---- of floats ---- */
    double zero[RSL_PACKED_OUTPUTS], scale[RSL_PACKED_OUTPUTS], bias[RSL_PACKED_OUTPUTS];
    /* ---- of integers, modulo 2^32 ---- */
    uint32_t whole_zero[RSL_PACKED_OUTPUTS], start[RSL_PACKED_OUTPUTS];
};

struct rsl_packed_ends {
    int digits; /* of an activation */
    /* The unit of an image; 0 when it has no digits. */
    double (*unit)(const struct rsl_packed_layer *l, int64_t image);
    /* Digits of n activations of an image from `from` on. Those of one are `next` bytes apart,
     * those of its neighbour `step` bytes further on. Returns the sum of X. */
    int64_t (*split)(const struct rsl_packed_layer *l, int64_t image, int64_t from, int64_t n,
                     int8_t *to, int64_t step, int64_t next);
    /* What there is to know of outputs o->first to o->first + o->n - 1. */
    void (*start)(const struct rsl_packed_layer *l, struct packed_outputs *o);
    /* Computes and stores these outputs of pixels first to first + t->pixels - 1 of all images. */
    void (*tile)(const struct rsl_packed_layer *l, struct rsl_tile *t,
                 const struct packed_outputs *o, int64_t first);
    /* Stores one output of a streamed layer from its sums and that of X. Digits of integers are d,
     * 1 and 0. `code` is room for the row's codes. */
    void (*row)(const struct rsl_packed_layer *l, int64_t output,
                const int64_t sum[RSL_PACKED_DIGITS], double total, uint8_t *code);
};

/* Images with NaN or infinity are computed in double from the decoded weights, slowly, so that both
 * arrive where they should. */
extern const struct rsl_packed_ends rsl_packed_float_ends, rsl_packed_integer_ends;

/* Blocks of a row's weights, the last one perhaps in part. */
static inline int64_t packed_blocks(const struct rsl_packed_layer *l) {
    return (l->terms + RSL_PACKED_BLOCK - 1) / RSL_PACKED_BLOCK;
}

static inline int64_t packed_pixels(const struct rsl_packed_layer *l) {
    return l->out[0] * l->out[1];
}

/* Where output `first` of pixel p of all images is; the next output is packed_pixels() further. */
static inline int64_t packed_place(const struct rsl_packed_layer *l, int64_t p, int64_t first) {
    int64_t pixels = packed_pixels(l);
    return (p / pixels * l->outputs + first) * pixels + p % pixels;
}

#endif
