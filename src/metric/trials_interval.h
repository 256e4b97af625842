/* The interval of a mean over trials of many images, when their number was fixed beforehand.
 *
 * Student's interval, and Wilson's with trials as clusters, take the mean of the trials for nearly
 * normal. Bit errors in many places at once make trials that are alike, and so it is. Single faults
 * do not: most change nothing, a few nearly all predictions. Of twenty one usually changes an image
 * or two, and from that both intervals believe to know a rate far below the truth. Hence Cochran's
 * rule (Sampling Techniques, 1977, 2.15): the mean of n is normal enough for 95 % when
 *
 *     n > 25 G^2        G = sum (y - mean)^3 / n / sigma^3, the skewness
 *
 * and where it is not, the interval of means of bounded things (bounded_mean.h). Of fewer than
 * twenty trials chance alone makes G larger than that, with the standard deviation
 * sqrt(6 (n - 2) / ((n + 1) (n + 3))) where they are normal. Trials of many faults each, which have
 * a reason to be normal, may therefore be skewed by twice that. Trials that are all equal say
 * nothing of their skewness and are never taken for normal. What no trial shows, no rule can see:
 * of trials of which one in fifty collapses, twenty may well look normal. */
#ifndef RSL_METRIC_TRIALS_INTERVAL_H
#define RSL_METRIC_TRIALS_INTERVAL_H

#include "metric/interval.h"

#include <stdbool.h>

enum { RSL_MANY_FAULTS = 10 }; /* in a trial, on average */

/* The rule, for trials of so many `faults` each on average. Images per trial are taken to be equal.
 */
bool rsl_trials_nearly_normal(const struct rsl_tally *t, double faults);

/* Of a share, 0..1; Wilson's where each trial is one image. Hits must not be negative. */
struct rsl_interval rsl_trials_share_interval(const struct rsl_tally *t, double faults,
                                              double confidence);
/* The same after Clopper and Pearson, where the mean is normal enough or trials are single images:
 * of the effective number of images, reduced by (z / t_{T-1})^2 for the design effect's being an
 * estimate (Korn and Graubard, 1998). */
struct rsl_interval rsl_trials_exact_interval(const struct rsl_tally *t, double faults,
                                              double confidence);
/* Of a mean whose trials lie in [low, high], and so does the interval. */
struct rsl_interval rsl_trials_mean_interval(const struct rsl_tally *t, double faults, double low,
                                             double high, double confidence);

#endif
