/* The Mersenne Twister as NumPy's legacy generator uses it (numpy.random.seed, numpy.random.rand):
 * for published experiments that can be repeated with exactly these numbers only. Everything else
 * draws from base/philox.h. Matsumoto and Nishimura, ACM TOMACS 8 (1998). */
#ifndef RSL_FAULT_MT19937_H
#define RSL_FAULT_MT19937_H

#include <stdint.h>

enum { RSL_MT_WORDS = 624 };

struct rsl_mt19937 {
    uint32_t state[RSL_MT_WORDS];
    int used;
};

/* numpy.random.seed(seed) */
void rsl_mt19937_seed(struct rsl_mt19937 *m, uint32_t seed);
uint32_t rsl_mt19937_u32(struct rsl_mt19937 *m);
/* Passes over n of them. */
void rsl_mt19937_skip(struct rsl_mt19937 *m, uint32_t n);
/* numpy.random.rand(): a multiple of 2^-53 in [0,1). */
double rsl_mt19937_unit(struct rsl_mt19937 *m);

#endif
