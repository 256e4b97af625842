/* Intervals: how far an estimate can be from what it estimates. Every number that resile reports
 * has one; docs/statistics.md says which one where and why.
 *
 * Plain counts of independent things (single faults, one image each):   rsl_wilson_interval,
 *                                                                       rsl_clopper_pearson_interval
 * Trials with many images each, whose outcomes belong together:         struct rsl_tally and
 *     a share in 0..1 (SDC, DUE, masked)                                rsl_tally_share_interval
 *     a mean of any sign (accuracy drop)                                rsl_tally_mean_interval
 *     both, where trials may be very unlike each other                  trials_interval.h
 *     accuracy = golden accuracy - mean drop                            rsl_accuracy_interval
 *     the same by resampling trials and images                          rsl_bootstrap_interval
 *
 * `confidence` is between 0 and 1, both excluded: 0.95. All are two-sided with equal tails. Except
 * for the bootstrap, results are the same bits on every machine. */
#ifndef RSL_METRIC_INTERVAL_H
#define RSL_METRIC_INTERVAL_H

#include <stdint.h>

struct rsl_interval {
    double low, high;
};

/* ---- k of n ---- 0 <= k <= n; n = 0 gives [0, 1] */

/* Wilson (1927): the shares p that n independent draws would not reject. */
struct rsl_interval rsl_wilson_interval(int64_t k, int64_t n, double confidence);
/* Clopper and Pearson (1934): covers at least as often as it says, for every p. */
struct rsl_interval rsl_clopper_pearson_interval(int64_t k, int64_t n, double confidence);

/* ---- trials ---- */

/* Sums over trials, exact and (but for the cubes) independent of their order. Zeroed is empty. A
 * hit is an image with the outcome that is counted; for drops, hits = golden_correct - correct,
 * which may be negative. |hits| <= images for each trial. The sum of images^2 must stay below 2^63.
 */
struct rsl_tally {
    int64_t trials, images, hits;
    int64_t images_squared, hits_squared, product; /* of images and hits */
    double hits_cubed;                             /* exact up to 2^53 */
};

void rsl_tally_add(struct rsl_tally *t, int64_t images, int64_t hits);
/* hits / images, 0 when empty. */
double rsl_tally_mean(const struct rsl_tally *t);
/* The variance of that mean from trial to trial: with m images and y hits in each of T trials,
 *
 *     T / (T - 1) * sum (y - mean * m)^2 / (sum m)^2
 *
 * (ratio estimator; Cochran, Sampling Techniques, 1977, 6.3). 0 for fewer than two trials. */
double rsl_tally_variance(const struct rsl_tally *t);
/* That variance over the variance of as many independent images, at least 1: how many images count
 * as one. Where all images had the same outcome nothing is known about it, and a whole trial counts
 * as one. Shares only. */
double rsl_tally_design_effect(const struct rsl_tally *t);

/* mean -+ t_{T-1} sqrt(variance), cut to [-1, 1]; that whole range for fewer than two trials. */
struct rsl_interval rsl_tally_mean_interval(const struct rsl_tally *t, double confidence);
/* Wilson's with images / design_effect draws and t_{T-1} for the normal quantile (after Korn and
 * Graubard, 1998); [0, 1] for fewer than two trials. Hits must not be negative. */
struct rsl_interval rsl_tally_share_interval(const struct rsl_tally *t, double confidence);

/* Accuracy on all images when `golden` is right without faults (exact, on all images) and the mean
 * drop, measured on whatever images the trials ran on, lies in `drop`: cut to [0, 1]. */
struct rsl_interval rsl_accuracy_interval(double golden, struct rsl_interval drop);

/* Mean of a table by resampling rows and columns with replacement (Owen, The pigeonhole bootstrap,
 * 2007), percentiles widened for few rows (Hesterberg 2015): `values` is [trials, images], e.g.
 * golden_correct - correct of each. images = 1 resamples trials alone; values are then counts, and
 * `unit` the images in each. A pure function of its arguments. RSL_EARG for fewer than two trials
 * or 100 replicates; RSL_ENOMEM. */
int rsl_bootstrap_interval(const int32_t *values, int64_t trials, int64_t images, int64_t unit,
                           int replicates, uint64_t seed, double confidence,
                           struct rsl_interval *out);

#endif
