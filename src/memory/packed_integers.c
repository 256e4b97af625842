/* The ends of layers of 8-bit integers. Sums are exact modulo 2^32 and what follows them is
 * computed as the reference computes it (ops/fused_qlinear.h), so that outputs are the same bits.
 */
#include "memory/packed_ends.h"

static double unit_of(const struct rsl_packed_layer *l, int64_t image) {
    (void)l, (void)image;
    return 1;
}

/* X of u8 less 128, which as bytes is its top bit inverted. */
static int64_t split(const struct rsl_packed_layer *l, int64_t image, int64_t from, int64_t n,
                     int8_t *to, int64_t step, int64_t next) {
    const uint8_t *x = l->integers.x + image * l->channels * l->in[0] * l->in[1] + from;
    const uint8_t flip = (uint8_t)l->nothing;
    int64_t sum = 0;
    (void)next;
    for (int64_t i = 0; i < n; i++) {
        int8_t digit = (int8_t)(x[i] ^ flip);
        to[i * step] = digit;
        sum += digit - l->nothing;
    }
    return sum;
}

/* z of packed.h: what the codes of an output are relative to, the rest of its zero point included.
 */
static uint32_t zero_of(const struct rsl_packed_layer *l, int64_t output) {
    const struct rsl_packed_integers *n = &l->integers;
    const struct rsl_encoding *e = &l->w->storage.encoding;
    int32_t codes = n->offset ? (int32_t)n->offset[output] : 0;
    if (e->kind->is_signed) codes = 1 << (e->bits - 1);
    return (uint32_t)codes + (n->zero ? (uint32_t)n->zero[output] : 0);
}

/* 128 sum c, which the digits of u8 lack; `sum` is that of the codes. */
static uint32_t start_of(const struct rsl_packed_layer *l, int64_t sum) {
    return (uint32_t)(-l->nothing) * (uint32_t)sum;
}

static void start(const struct rsl_packed_layer *l, struct packed_outputs *o) {
    for (int k = 0; k < o->n; k++) {
        const uint8_t *code = o->code + k * l->terms;
        uint32_t sum = 0;
        for (int64_t i = 0; i < l->terms && l->nothing; i++) sum += code[i];
        o->start[k] = start_of(l, sum);
        o->whole_zero[k] = zero_of(l, o->first + k);
    }
}

/* Element `at` of the layer's output from the sum of its products. */
static void give(const struct rsl_packed_integers *n, int64_t output, int64_t at, uint32_t sum) {
    const float bias = n->bias ? n->bias[output] : 0;
    float z = 0;
    if (n->z) z = n->z_type == RSL_i8 ? (float)(int8_t)n->z[at] : (float)n->z[at];
    float v = rsl_qlinear_value(&n->end, (int32_t)sum, bias, n->multiplier[output], z);
    if (n->end.to == RSL_f32)
        ((float *)n->y)[at] = v;
    else
        ((uint8_t *)n->y)[at] = (uint8_t)(int32_t)v;
}

static void tile(const struct rsl_packed_layer *l, struct rsl_tile *t,
                 const struct packed_outputs *o, int64_t first) {
    const int64_t pixels = packed_pixels(l);
    l->cpu->tile_integers(t);
    for (int p = 0; p < t->pixels; p++) {
        const int64_t at = packed_place(l, first + p, o->first);
        const uint32_t total = (uint32_t)(int64_t)t->sum[p];
        for (int k = 0; k < o->n; k++)
            give(&l->integers, o->first + k, at + k * pixels,
                 (uint32_t)t->product[p][k] + o->start[k] - o->whole_zero[k] * total);
    }
}

static void row(const struct rsl_packed_layer *l, int64_t output,
                const int64_t sum[RSL_PACKED_DIGITS], double total, uint8_t *code) {
    (void)code;
    give(&l->integers, output, output,
         (uint32_t)sum[0] + start_of(l, sum[1]) - zero_of(l, output) * (uint32_t)(int64_t)total);
}

const struct rsl_packed_ends rsl_packed_integer_ends = {
    .digits = 1,
    .unit = unit_of,
    .split = split,
    .start = start,
    .tile = tile,
    .row = row,
};
