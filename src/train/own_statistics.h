/* Running statistics as training can keep them: stored tensors that are nothing else. */
#ifndef RSL_TRAIN_OWN_STATISTICS_H
#define RSL_TRAIN_OWN_STATISTICS_H

#include "graph/graph.h"

/* Exporters merge tensors of equal values: those of networks that were never trained (ones and
 * zeros), and those of a module that is used several times. Some put Identity nodes where the
 * others were. Here such nodes go (graph/identities.h), and a statistic that is also a parameter,
 * or both a mean and a variance, which only its values can have merged, becomes one of each node's
 * own. What several nodes share as the same statistic stays shared. What the network computes stays
 * the same. */
int rsl_own_statistics(struct rsl_graph *g);

#endif
