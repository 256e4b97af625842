/* The bootstrap over trials and images (metric/interval.h) for a point of a store: the interval of
 * the mean drop when the images stand for others of their kind, too. */
#ifndef RSL_CAMPAIGN_RESAMPLED_H
#define RSL_CAMPAIGN_RESAMPLED_H

#include "campaign/store.h"
#include "metric/interval.h"

/* 1: *drop is the interval, as a share. 0: it needs two trials or more, each on all images, and of
 * each what became of every image (`inject --outcomes`). */
int rsl_resampled_drop(struct rsl_store *store, const struct rsl_store_campaign *c,
                       const struct rsl_store_point *p, double confidence,
                       struct rsl_interval *drop);

#endif
