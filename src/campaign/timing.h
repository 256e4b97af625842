/* How long the network of a campaign takes, kept in its store by those who measured it. */
#ifndef RSL_CAMPAIGN_TIMING_H
#define RSL_CAMPAIGN_TIMING_H

#include "campaign/store.h"
#include "resile/campaign.h"

/* 1: *t is in the store, its texts in `arena`; 0: it is not, or there is no store. Both of a
 * campaign that has begun: after rsl_campaign_golden or rsl_campaign_run. */
int rsl_campaign_timing(struct rsl_campaign *c, struct rsl_arena *arena,
                        struct rsl_store_timing *t);
/* Without a store nothing is kept. */
int rsl_campaign_set_timing(struct rsl_campaign *c, const struct rsl_store_timing *t);

#endif
