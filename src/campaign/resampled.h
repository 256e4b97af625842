/* The bootstrap over trials and images (metric/interval.h) for a point of a store: intervals when
 * the images stand for others of their kind, too. Drop and accuracy each have their own: the drop
 * is resampled as a difference on the same images, the accuracy as what the faulty network is right
 * about. The fault-free accuracy varies with the images as well, so that the one is not the other
 * turned round. */
#ifndef RSL_CAMPAIGN_RESAMPLED_H
#define RSL_CAMPAIGN_RESAMPLED_H

#include "campaign/store.h"
#include "metric/interval.h"

struct rsl_resampled {
    struct rsl_interval drop, accuracy; /* shares */
};

/* For points whose trials ran on all images, two of them at least. 1: *out is set. 0: not of every
 * image of every trial it is stored what became of it (`inject --outcomes`). */
int rsl_resampled_intervals(struct rsl_store *store, const struct rsl_store_campaign *c,
                            const struct rsl_store_point *p, double confidence,
                            struct rsl_resampled *out);

#endif
