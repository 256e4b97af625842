/* Which nodes the packed kernels take, and as what layers. */
#ifndef RSL_MEMORY_PACKED_CALL_H
#define RSL_MEMORY_PACKED_CALL_H

#include "memory/packed_graph.h"
#include "memory/packed_layer.h"

/* Describes the call of a node whose weights, input 1, come from the source: Conv, FusedConv and
 * Gemm of floats, FusedQLinearConv and FusedQLinearGemm. False: no packed layer computes it. */
bool rsl_packed_describe(struct rsl_packed_layer *l, const struct rsl_packed_source *s,
                         const struct rsl_call *c);
/* Gives the layer the data of that node. */
void rsl_packed_bind(struct rsl_packed_layer *l, void *const *in, void *out);

#endif
