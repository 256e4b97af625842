/* See skip.h. */
#include "fault/skip.h"

/* ln(1 - p) without losing small p: 2 artanh(-p / (2 - p)). */
static double log_complement(double p) {
    if (p > 0.5) return rsl_log_unit(1 - p);
    double s = -p / (2 - p), square = s * s, sum = 0;
    for (int k = 41; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
    return 2 * s * sum;
}

struct rsl_skip rsl_skip(double rate, uint64_t n, struct rsl_rng rng) {
    struct rsl_skip s = {.rng = rng, .rate = rate, .n = n};
    if (rate > 0 && rate < 1) s.scale = 1 / log_complement(rate);
    return s;
}

bool rsl_skip_next(struct rsl_skip *s, uint64_t *position) {
    if (s->rate <= 0 || s->next >= s->n) return false;
    if (s->rate < 1) {
        double u = 1 - rsl_rng_unit(&s->rng);
        double gap = rsl_log_unit(u) * s->scale;
        if (gap >= (double)(s->n - s->next)) return false;
        s->next += (uint64_t)gap;
    }
    *position = s->next++;
    return true;
}
