/* Sampling until an interval is as narrow as asked for: how many trials, on how many images each,
 * from which strata.
 *
 *     struct rsl_stopping s;
 *     RSL_TRY(rsl_stopping_init(&s, &design));
 *     for each trial of the store, k = 0, 1, ...
 *         RSL_TRY(rsl_stopping_add(&s, &outcome));
 *     while (!s.reason)
 *         run trials k = s.done..s.end-1, in any order: rsl_stopping_trial(&s, k) says on what
 *         add their outcomes in the order of k
 *     rsl_stopping_free(&s);
 *
 * Trials come in stages. Where a stage ends, and what its trials are, follows from the design and
 * the outcomes of all stages before, and from nothing else: not from time, from the order in which
 * trials finish, or from where a run was interrupted. Trials of a stage may run on many machines; a
 * stage begins when all outcomes of those before are known.
 *
 * 1. Pilot: 32 trials, with n bins of faults (fault/bins.h) 8 n more.
 * 2. With bins, the pilot makes two strata of them, or one (hot_bins.h). When there are two it does
 *    not count.
 * 3. At the end of each stage that counts: stop if the interval is at most twice the margin wide,
 *    or most_trials are done. After the first, the block is chosen that should reach the margin at
 *    the least cost: many trials on few images where trials differ most. The next stage ends where
 *    the margin should be reached by what is known; but it adds at least an eighth and at most
 *    doubles the trials.
 *
 * Blocks go round the order of images. When images are no multiple of a block the last block is
 * short, and its turn comes in proportion to its images: a trial's value is a share of its own
 * images, and the mean over trials must weigh every image alike.
 *
 * The interval is that of metric/bounded_mean.h, over trials. docs/statistics.md has its coverage
 * under this rule, measured, and why looking several times is allowed. */
#ifndef RSL_CAMPAIGN_STOPPING_H
#define RSL_CAMPAIGN_STOPPING_H

#include "campaign/hot_bins.h"

enum rsl_quantity {
    RSL_QUANTITY_DROP, /* (golden_correct - correct) / images, in [golden - 1, golden] */
    RSL_QUANTITY_SDC   /* sdc / images, in [0, 1] */
};

struct rsl_stopping_design {
    enum rsl_quantity quantity;
    double margin, confidence;   /* 0.01: to one point; 0.95 */
    double golden;               /* accuracy without faults, on all images */
    int64_t images;              /* N: the order of images has places 0..N-1 */
    int least_block, most_block; /* images of a trial; fewer than least_block cost no less */
    double trial_cost;           /* of a trial's faults, in runs of one image */
    int64_t most_trials;
    const double *weights; /* of the bins, each above 0, in sum 1; NULL: one bin */
    int n_bins;
    uint64_t seed; /* for the bins of trials */
};

/* What trial k is: a fault of that bin, on the places first..first+images-1. */
struct rsl_stopping_trial {
    int64_t first;
    int images, bin;
};

/* What came of it. */
struct rsl_stopping_outcome {
    int64_t images, correct, golden_correct, sdc;
};

struct rsl_stopping {
    int64_t done;                 /* trials added */
    int64_t end;                  /* of the stage that is going on: trials 0..end-1 are known */
    const char *reason;           /* NULL, "margin" or "limit" */
    struct rsl_stratum strata[2]; /* what counts */
    struct rsl_hot_bins bins;
    /* The rest is its own. */
    struct rsl_stopping_design design;
    double low, high; /* what the quantity lies between */
    double t;         /* the normal quantile, for plans */
    double changed;   /* sum over counted trials of the share of images that changed */
    int64_t begin;    /* of this stage */
    int64_t first;    /* trial that counts */
    int block;        /* images of this stage's trials */
    bool block_chosen;
};

/* Whether so many trials are enough for the pilot. Margin and confidence: rsl_margin_check. */
int rsl_stopping_check_trials(int bins, int64_t most_trials);
/* Refuses (RSL_EARG) what no sampling can satisfy. The weights must stay. */
int rsl_stopping_init(struct rsl_stopping *s, const struct rsl_stopping_design *design);
void rsl_stopping_free(struct rsl_stopping *s);

/* begin <= k < end. */
struct rsl_stopping_trial rsl_stopping_trial(const struct rsl_stopping *s, int64_t k);
/* The outcome of trial number s->done. RSL_EMISMATCH when it is not one of that trial. */
int rsl_stopping_add(struct rsl_stopping *s, const struct rsl_stopping_outcome *outcome);

/* So far. */
double rsl_stopping_mean(const struct rsl_stopping *s);
struct rsl_interval rsl_stopping_interval(const struct rsl_stopping *s);

#endif
