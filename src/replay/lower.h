/* What lowering gives to replay.c, and the kinds of steps to lowering. */
#ifndef RSL_REPLAY_LOWER_H
#define RSL_REPLAY_LOWER_H

#include "replay/step.h"

#define STEP(op, function) int rsl_lower_##function(struct lowering *l);
#include "replay/steps.def"
#undef STEP

/* Fills values, steps and parameters of r from r->graph, which has been checked and inferred. */
int rsl_lower(struct rsl_replay *r);
/* Everything the node computes is known already: it has no step. */
bool rsl_lower_is_constant(const struct rsl_replay *r, const struct rsl_node *n);

#endif
