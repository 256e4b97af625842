/* Graphs that read their weights from stored bits at every run.
 *
 *     bits, scale [, zero_point]           -> StoredWeights (domain resile) -> weights, f32
 *     bits, scale [, zero_point [, offset]] -> StoredCodes (domain resile) -> weights, i8
 *
 * The second is for integer networks (integer_network.h): two's complement codes as they are,
 * unsigned ones less the offset of their output, which is their place along attribute `axis`. The
 * operators live here and in no file: they are what rewriting makes of a network for execution. The
 * packed back end gives their outputs a layout of its own, the bits as they are, which its
 * convolutions and linear layers take; for all other kernels the planner has them decoded, each
 * time. */
#ifndef RSL_MEMORY_PACKED_GRAPH_H
#define RSL_MEMORY_PACKED_GRAPH_H

#include "graph/op.h"
#include "memory/cells.h"
#include "memory/integer_network.h"
#include "memory/packed.h"

extern const struct rsl_op rsl_op_StoredWeights, rsl_op_StoredCodes;

/* A copy of the image's graph whose weights of scaled encodings are read from the image's bits, or
 * from those of `cells` when they are not NULL: flips between two runs of a plan are seen by the
 * second. Everything must outlive the copy. */
int rsl_packed_graph(struct rsl_graph *to, const struct rsl_graph *from,
                     const struct rsl_memory *image, const struct rsl_cells *cells);
/* Likewise of an integer network of that image, whose scales, zero points and other learnt numbers
 * stay the constants that it was made with. */
int rsl_packed_integer_graph(struct rsl_graph *to, const struct rsl_integer_network *q,
                             const struct rsl_memory *image, const struct rsl_cells *cells);

/* What a StoredWeights or StoredCodes node reads. */
struct rsl_packed_source {
    struct rsl_packed packed;
    enum rsl_dtype gives;   /* f32 or i8 */
    const float *offset;    /* [outputs], of StoredCodes; may be NULL */
    int64_t outputs, inner; /* weight i belongs to output i / inner % outputs */
};
int rsl_packed_of(struct rsl_packed_source *s, const struct rsl_call *c);
/* All that the node gives. */
void rsl_packed_decode(const struct rsl_packed_source *s, void *out);

#endif
