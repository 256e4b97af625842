/* Counter-based randomness: every draw is a pure function of (seed, stream, index), so results do
 * not depend on threads, order or restarts. Philox4x32-10 of Random123 (Salmon et al., SC'11).
 *
 * `stream` separates purposes and trials; `index` counts draws of 128 bits within a stream. */
#ifndef RSL_BASE_PHILOX_H
#define RSL_BASE_PHILOX_H

#include <stdint.h>

struct rsl_philox4 {
    uint32_t v[4];
};

struct rsl_philox4 rsl_philox(uint64_t seed, uint64_t stream, uint64_t index);

/* A running reader of one stream. Start with {seed, stream}; copyable and comparable by `index`
 * and `left`. */
struct rsl_rng {
    uint64_t seed, stream;
    uint64_t index;
    struct rsl_philox4 buffer;
    uint32_t left; /* words of `buffer` not yet used */
};

static inline struct rsl_rng rsl_rng(uint64_t seed, uint64_t stream) {
    return (struct rsl_rng){.seed = seed, .stream = stream};
}

uint32_t rsl_rng_u32(struct rsl_rng *r);
uint64_t rsl_rng_u64(struct rsl_rng *r);
/* Uniform in 0..n-1, exactly (Lemire's rejection); n >= 1. */
uint64_t rsl_rng_below(struct rsl_rng *r, uint64_t n);
/* Uniform on the 2^53 multiples of 2^-53 in [0,1). */
double rsl_rng_unit(struct rsl_rng *r);
/* Natural logarithm of x in (0,1]. Ours and not libm's, so that what is drawn with it has the same
 * bits on every machine. */
double rsl_log_unit(double x);
/* Two independent standard normals from one draw (Box-Muller); the same bits on every machine. */
void rsl_normal_pair(struct rsl_philox4 draw, double pair[2]);
/* Standard normal: the first of a pair, from two u64 of the stream. */
double rsl_rng_normal(struct rsl_rng *r);

#endif
