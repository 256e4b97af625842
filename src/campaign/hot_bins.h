/* Bins of faults (fault/bins.h) made into two strata by a pilot: the hot ones, in which most harm
 * is done, and the rest. From the bins' weights and the SDC shares of the pilot's trials alone, so
 * that whoever reads the trials of a store finds the same strata as whoever drew them.
 *
 *     rsl_hot_bins_pilot(n)     trials of the pilot, k = 0, 1, ...
 *     rsl_hot_bins_add          once for each of them
 *     rsl_hot_bins_choose       then: 2 strata, or 1 where that saves less than three trials of ten
 *
 * The sum of weight times standard deviation is least (Neyman 1934). When there are two strata the
 * pilot must be left out of estimates, for it has chosen them.
 *
 * Finer strata would look better and be wrong: a bin that shows nothing in a few trials is taken
 * for one without variance and not drawn again, and the mean comes out low. Two strata that each
 * get hundreds of trials, chosen by a pilot that is left out, have no such bias. */
#ifndef RSL_CAMPAIGN_HOT_BINS_H
#define RSL_CAMPAIGN_HOT_BINS_H

#include "metric/bounded_mean.h"

#include <stdbool.h>

struct rsl_hot_bins {
    int n;                     /* bins */
    int n_strata;              /* 0 until they are chosen, then 1 or 2 */
    double weight[2];          /* of the strata, the hot one first */
    double share[2];           /* of later trials: half by weight, half by weight times deviation */
    struct rsl_stratum *pilot; /* [n] SDC shares */
    int *order;                /* bins, the hot ones first */
    int n_hot;
};

int64_t rsl_hot_bins_pilot(int n);

/* Weights are above 0, their sum 1; NULL: all alike. With one bin there is one stratum at once. */
int rsl_hot_bins_init(struct rsl_hot_bins *b, const double *weights, int n);
void rsl_hot_bins_free(struct rsl_hot_bins *b);
void rsl_hot_bins_add(struct rsl_hot_bins *b, int bin, double sdc);
void rsl_hot_bins_choose(struct rsl_hot_bins *b);

/* The trials of a store in ascending k, and n values of each whose means are wanted: adds them to
 * `sums`, zeroed before the first, and chooses the strata on the way. The means are
 * rsl_bounded_mean(sums[i], rsl_hot_bins_strata(b)). */
void rsl_hot_bins_read(struct rsl_hot_bins *b, int64_t k, int bin, double sdc, const double *values,
                       int n, struct rsl_stratum (*sums)[2]);
/* As many as count: 1 or 2. A pilot that is not complete counts as one. */
int rsl_hot_bins_strata(const struct rsl_hot_bins *b);

/* 0 or 1; strata are chosen. */
int rsl_hot_bins_stratum(const struct rsl_hot_bins *b, int bin);
/* The bin of trial k of the pilot. Bins get trials by their weight, evenly all along. */
int rsl_hot_bins_of_pilot(const struct rsl_hot_bins *b, int64_t k);
/* The bin of trial k in that stratum: at random, by weight. */
int rsl_hot_bins_draw(const struct rsl_hot_bins *b, int stratum, uint64_t seed, int64_t k);

#endif
