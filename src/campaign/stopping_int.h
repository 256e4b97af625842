/* Between stopping.c (when) and stopping_bins.c (which faults). */
#ifndef RSL_CAMPAIGN_STOPPING_INT_H
#define RSL_CAMPAIGN_STOPPING_INT_H

#include "campaign/stopping.h"

/* Trials of the pilot. */
int64_t rsl_stopping_pilot(const struct rsl_stopping_design *d);
/* One bin is the one stratum at once. */
int rsl_stopping_init_bins(struct rsl_stopping *s);
/* After the pilot: strata, their weights and shares. */
void rsl_stopping_make_strata(struct rsl_stopping *s);
/* Of a trial of the stage that is going on. */
int rsl_stopping_stratum(const struct rsl_stopping *s, int64_t k);
int rsl_stopping_bin(const struct rsl_stopping *s, int64_t k);

#endif
