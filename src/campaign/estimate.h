/* What the trials of a point amount to: the mean of each kind of outcome, and its interval.
 *
 * Design "all": every trial ran on all images. Means are pooled over trials; intervals are those of
 * metric/trials_interval.h: of the drop Student's, of shares Wilson's with the trial as the
 * cluster, and of either, where trials are too unlike each other for that, the one of the other
 * designs.
 *
 * Other designs: trials ran on some of the images, and maybe in strata (bins of faults). Means and
 * intervals are over trials, as in metric/bounded_mean.h, and bins are put together in the two
 * strata that the stopping rule made of them: for what sampling stopped on this is exactly what it
 * stopped on, and for all else it is as unbiased. */
#ifndef RSL_CAMPAIGN_ESTIMATE_H
#define RSL_CAMPAIGN_ESTIMATE_H

#include "campaign/hot_bins.h"
#include "campaign/store.h"

enum rsl_estimated {
    RSL_ESTIMATED_DROP, /* (golden_correct - correct) / images */
    RSL_ESTIMATED_SDC,
    RSL_ESTIMATED_DUE,
    RSL_ESTIMATED_MASKED,
    RSL_ESTIMATED_TOLERABLE,
    RSL_ESTIMATED
};

struct rsl_estimate {
    struct rsl_tally tally[RSL_ESTIMATED];
    /* The rest is its own. */
    bool blocks;
    double faults;                               /* per trial on average; 0: none ever */
    double golden;                               /* share; NaN: not known */
    struct rsl_stratum strata[RSL_ESTIMATED][2]; /* what counts */
    struct rsl_hot_bins bins;
    double *weights; /* of the bins */
};

/* `golden` is the accuracy without faults on all images, 0 to 1. */
int rsl_estimate_init(struct rsl_estimate *e, const struct rsl_store_point *p, double golden);
void rsl_estimate_free(struct rsl_estimate *e);
/* Trials in ascending k. RSL_EFORMAT for trials that the design cannot have. */
int rsl_estimate_add(struct rsl_estimate *e, const struct rsl_store_trial *t);

/* NaN while nothing is known. */
double rsl_estimate_mean(const struct rsl_estimate *e, enum rsl_estimated what);
struct rsl_interval rsl_estimate_interval(const struct rsl_estimate *e, enum rsl_estimated what,
                                          double confidence);
/* "Student over trials" and the like. */
const char *rsl_estimate_method(const struct rsl_estimate *e, enum rsl_estimated what);
/* Why other intervals that take trials for alike, Clopper and Pearson's and the bootstrap's, would
 * be wrong here; NULL: they would not. */
const char *rsl_estimate_obstacle(const struct rsl_estimate *e, enum rsl_estimated what);

#endif
