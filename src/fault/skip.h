/* Drawing the positions of independent errors at a given rate by skipping from one to the next: the
 * cost is per error, not per bit.
 *
 *     struct rsl_skip s = rsl_skip(rate, bits, rsl_rng(seed, trial));
 *     for (uint64_t bit; rsl_skip_next(&s, &bit);) ...           ascending
 *
 * The gaps between errors are geometric: floor(ln u / ln(1 - rate)) with u uniform in (0,1]. */
#ifndef RSL_FAULT_SKIP_H
#define RSL_FAULT_SKIP_H

#include "base/philox.h"

#include <stdbool.h>

struct rsl_skip {
    struct rsl_rng rng;
    double scale; /* 1 / ln(1 - rate) */
    double rate;
    uint64_t next, n;
};

/* `rate` in [0,1]: each of the positions 0..n-1 is drawn with that probability. */
struct rsl_skip rsl_skip(double rate, uint64_t n, struct rsl_rng rng);
/* False after the last. */
bool rsl_skip_next(struct rsl_skip *s, uint64_t *position);

#endif
