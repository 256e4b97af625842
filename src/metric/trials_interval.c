/* See trials_interval.h. */
#include "metric/trials_interval.h"

#include "metric/bounded_mean.h"
#include "metric/distribution.h"

#include <math.h>

bool rsl_trials_nearly_normal(const struct rsl_tally *t, double faults) {
    if (rsl_tally_variance(t) == 0) return false;
    double n = (double)t->trials, mean = (double)t->hits / n, square = (double)t->hits_squared / n;
    double spread = square - mean * mean;
    double third = t->hits_cubed / n - 3 * mean * square + 2 * mean * mean * mean;
    double allowed = n / 25, by_chance = 6 * (n - 2) / ((n + 1) * (n + 3)); /* of G^2 */
    if (faults >= RSL_MANY_FAULTS) allowed = fmax(allowed, 4 * by_chance);
    return third * third <= allowed * spread * spread * spread;
}

/* The trials as one stratum of values in [low, high]. */
static struct rsl_interval bounded(const struct rsl_tally *t, double low, double high,
                                   double confidence) {
    if (t->trials < 2 || t->images == 0) return (struct rsl_interval){low, high};
    double n = (double)t->trials, mean = rsl_tally_mean(t);
    double spread = (n - 1) * rsl_tally_variance(t);
    struct rsl_stratum s = {1, t->trials, n * mean, n * (mean * mean + spread)};
    return rsl_bounded_mean_interval(&s, 1, low, high, confidence);
}

struct rsl_interval rsl_trials_share_interval(const struct rsl_tally *t, double faults,
                                              double confidence) {
    if (t->images == t->trials) return rsl_wilson_interval(t->hits, t->images, confidence);
    return rsl_trials_nearly_normal(t, faults) ? rsl_tally_share_interval(t, confidence)
                                               : bounded(t, 0, 1, confidence);
}

struct rsl_interval rsl_trials_exact_interval(const struct rsl_tally *t, double faults,
                                              double confidence) {
    if (t->images == t->trials) return rsl_clopper_pearson_interval(t->hits, t->images, confidence);
    if (!rsl_trials_nearly_normal(t, faults)) return bounded(t, 0, 1, confidence);
    double tail = (1 - confidence) / 2, p = rsl_tally_mean(t);
    double shrink =
        rsl_normal_quantile(1 - tail) / rsl_student_quantile(1 - tail, (double)(t->trials - 1));
    double n = (double)t->images / rsl_tally_design_effect(t) * shrink * shrink, k = p * n;
    return (struct rsl_interval){.low = p <= 0 ? 0 : rsl_beta_quantile(tail, k, n - k + 1),
                                 .high = p >= 1 ? 1 : rsl_beta_quantile(1 - tail, k + 1, n - k)};
}

struct rsl_interval rsl_trials_mean_interval(const struct rsl_tally *t, double faults, double low,
                                             double high, double confidence) {
    if (!rsl_trials_nearly_normal(t, faults)) return bounded(t, low, high, confidence);
    struct rsl_interval i = rsl_tally_mean_interval(t, confidence);
    return (struct rsl_interval){fmin(fmax(i.low, low), high), fmax(fmin(i.high, high), low)};
}
