/* Graphs that read their weights from stored bits at every run.
 *
 *     bits, scale [, zero_point] -> StoredWeights (domain resile) -> weights
 *
 * The operator lives here and in no file: it is what rewriting makes of a network for execution.
 * The packed back end gives its output a layout of its own, the bits as they are, which its
 * convolutions and linear layers take; for all other kernels the planner has it decoded, each time.
 */
#ifndef RSL_MEMORY_PACKED_GRAPH_H
#define RSL_MEMORY_PACKED_GRAPH_H

#include "graph/op.h"
#include "memory/cells.h"
#include "memory/packed.h"

extern const struct rsl_op rsl_op_StoredWeights;

/* A copy of the image's graph whose weights of scaled encodings are read from the image's bits, or
 * from those of `cells` when they are not NULL: flips between two runs of a plan are seen by the
 * second. Everything must outlive the copy. */
int rsl_packed_graph(struct rsl_graph *to, const struct rsl_graph *from,
                     const struct rsl_memory *image, const struct rsl_cells *cells);

/* What a StoredWeights node reads; the arena keeps nothing but texts. */
int rsl_packed_of(struct rsl_packed *p, const struct rsl_call *c);

#endif
