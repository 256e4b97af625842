/* The mean of something bounded, and its interval: Wilson's, carried over from shares to means and
 * to strata. It is what sampling stops on.
 *
 * Student's interval believes that trials not seen are like those seen. Where one trial in a
 * hundred collapses, fifty trials mostly show none, and it is confidently wrong. Wilson's idea is
 * to ask of each mu whether it would be rejected with the variance that goes with mu. Here that is
 * the variance of what was seen, mixed with as much of the far bound as makes mu the mean:
 *
 *     n (mu - mean)^2 = t^2 ((1 - q) s^2 + q (1 - q) D^2)        D = |bound - mean|, q = |mu -
 * mean| / D
 *
 * For values 0 and 1 this is Wilson's interval; far from the bounds or for many trials Student's;
 * when all n values are equal it still reaches t^2 D / (n + t^2) towards a bound. For strata of
 * known weight, whose distances to their ends are d, the ends are at
 *
 *     sum W mean -+ sqrt(sum (W d)^2)                        (Zou and Donner 2008: MOVER) */
#ifndef RSL_METRIC_BOUNDED_MEAN_H
#define RSL_METRIC_BOUNDED_MEAN_H

#include "metric/interval.h"

/* What was drawn from one stratum. */
struct rsl_stratum {
    double weight; /* its share of everything; all weights sum to 1 */
    int64_t n;
    double sum, squares; /* of the n values */
};

void rsl_stratum_add(struct rsl_stratum *s, double value);
/* sum / n, 0 for n = 0. */
double rsl_stratum_mean(const struct rsl_stratum *s);
/* squares / n - mean^2, 0 where that is rounding. */
double rsl_stratum_spread(const struct rsl_stratum *s);

/* sum W mean: unbiased for whatever numbers were drawn from each. */
double rsl_bounded_mean(const struct rsl_stratum *strata, int n_strata);
/* Of the mean of values in [low, high]; all of that while a stratum has fewer than two. */
struct rsl_interval rsl_bounded_mean_interval(const struct rsl_stratum *strata, int n_strata,
                                              double low, double high, double confidence);

/* How wide that is with the quantile t > 0; every stratum has at least two. For planning. */
double rsl_bounded_mean_width(const struct rsl_stratum *strata, int n_strata, double low,
                              double high, double t);

#endif
