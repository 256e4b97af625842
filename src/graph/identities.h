/* Constants that exporters put behind Identity nodes. */
#ifndef RSL_GRAPH_IDENTITIES_H
#define RSL_GRAPH_IDENTITIES_H

#include "graph/graph.h"

/* Where exporters find tensors of equal values, they keep one and give the others' names to
 * Identity nodes. Here nodes read the constant itself, and Identities that nothing reads any more
 * go: what the network computes stays the same, and a parameter is where it is read. */
int rsl_graph_drop_identities(struct rsl_graph *g);

#endif
