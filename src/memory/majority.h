/* The vote of three copies, bit by bit. */
#ifndef RSL_MEMORY_MAJORITY_H
#define RSL_MEMORY_MAJORITY_H

#include <stdint.h>

static inline uint64_t rsl_majority(uint64_t a, uint64_t b, uint64_t c) {
    return (a & b) | (a & c) | (b & c);
}

/* The lowest n bits; n is 0..64. */
static inline uint64_t rsl_low_bits(int n) {
    return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

#endif
