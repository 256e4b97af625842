/* Votes and codes of eight weights or 64 bits of a plane in a machine word, shared by all
 * processors. */
#ifndef RSL_MEMORY_PACKED_WORD_H
#define RSL_MEMORY_PACKED_WORD_H

#include "memory/majority.h"
#include "memory/packed.h"

#include <string.h>

static inline uint64_t packed_load(const uint8_t *at) {
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* 64 bits from bit `at` on; little-endian. May read the byte behind them. */
static inline uint64_t packed_bits(const uint8_t *bits, int64_t at) {
    int shift = (int)(at & 7);
    uint64_t v = packed_load(bits + (at >> 3)) >> shift;
    return shift ? v | (uint64_t)bits[(at >> 3) + 8] << (64 - shift) : v;
}

/* Where the first plane has its bit of weight i, and the first plane of second copies. */
static inline int64_t packed_at(const struct rsl_planes *p, int64_t i) {
    const uint64_t at = (uint64_t)i; /* divided without care for signs */
    return (int64_t)(at / RSL_PACKED_BLOCK) * p->block + (int64_t)(at % RSL_PACKED_BLOCK);
}

static inline int64_t packed_spare_at(const struct rsl_planes *p, int64_t i) {
    const uint64_t at = (uint64_t)i;
    return p->spare + (int64_t)(at / RSL_PACKED_BLOCK) * p->spare_block +
           (int64_t)(at % RSL_PACKED_BLOCK);
}

/* Bit b of the codes of weights first..first+63, voted; of planes in blocks, all in one block. */
static inline uint64_t packed_plane(const struct rsl_planes *p, int64_t first, int b) {
    const int64_t at = packed_at(p, first);
    uint64_t v = packed_bits(p->bits, b * p->plane + at);
    const int voted = b - (p->width - p->top);
    if (voted >= 0) {
        uint64_t copy = packed_bits(p->bits, (p->width + voted) * p->plane + at);
        if (v != copy)
            v = rsl_majority(v, copy,
                             packed_bits(p->bits, packed_spare_at(p, first) + voted * p->plane));
    }
    return p->is_signed && b == p->width - 1 ? ~v : v;
}

/* Bit i of the byte becomes byte i, 0 or 1. */
static inline uint64_t packed_spread(uint64_t byte) {
    const uint64_t ones = 0x0101010101010101, one_each = 0x8040201008040201;
    return ((((byte & 255) * ones) & one_each) + 0x7f * ones) >> 7 & ones;
}

/* The outputs of pixel p from its sums of digits. */
static inline __attribute__((always_inline)) void packed_finish(struct rsl_tile *t, int p,
                                                                const int32_t *d0,
                                                                const int32_t *d1,
                                                                const int32_t *d2) {
    const double sum = t->sum[p], unit = t->unit[p];
    for (int o = 0; o < RSL_PACKED_OUTPUTS; o++) {
        double v = d2[o] * 65536.0 + d1[o] * 256.0 + d0[o];
        t->y[p][o] = (float)((v - t->zero[o] * sum) * (t->scale[o] * unit) + t->bias[o]);
    }
}

#endif
