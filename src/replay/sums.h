/* Golden partial sums of convolutions, kept while many runs ask for them (conv.h).
 *
 * They cost as much as the convolution, so they are made when a tile has asked for the third time,
 * and only as long as the budget lasts. What a run computes does not depend on it. */
#ifndef RSL_REPLAY_SUMS_H
#define RSL_REPLAY_SUMS_H

#include "replay/conv.h"

int rsl_sums_new(struct sums_keeper **keeper, const struct rsl_replay *r);
void rsl_sums_free(struct sums_keeper *k);
/* A new tile: nothing is known of it. */
void rsl_sums_forget(struct sums_keeper *k);
/* The step's sums, or NULL. May compute them, for which it needs the room of a run. */
const float *rsl_sums_ask(const struct rsl_replay *r, int step, const struct replay_view *v);

#endif
