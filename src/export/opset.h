/* Raising a graph to a later opset. */
#ifndef RSL_EXPORT_OPSET_H
#define RSL_EXPORT_OPSET_H

#include "graph/graph.h"

/* Makes every node of the default domain one of opset 18 (or of the later one that it has),
 * rewriting where only the form changed. Refuses, by name, nodes that mean something else there. */
int rsl_graph_raise(struct rsl_graph *g);

#endif
