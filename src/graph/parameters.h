/* Which constants of a graph are what training would change, and which are its weights. */
#ifndef RSL_GRAPH_PARAMETERS_H
#define RSL_GRAPH_PARAMETERS_H

#include "graph/graph.h"

enum rsl_constant_role {
    RSL_ROLE_SETTING,   /* no part of what was learnt: shapes, bounds, scales of pixels, codes */
    RSL_ROLE_PARAMETER, /* trainable: floating point, at least one dimension */
    RSL_ROLE_BUFFER     /* running mean and variance of batch norms */
};

/* roles[v] for every value; what is no constant is a setting. `roles` has values.n. */
void rsl_graph_roles(const struct rsl_graph *g, enum rsl_constant_role *roles);

/* The stored constant that node n multiplies its input with (Conv, Gemm, MatMul, ... ), seen
 * through DequantizeLinear, Cast, Transpose and the like; RSL_ABSENT when the node has none. */
int rsl_node_weight(const struct rsl_graph *g, const struct rsl_node *n);

/* Elements of all parameters, each constant once; a negative status when memory is refused. */
int64_t rsl_graph_parameters(const struct rsl_graph *g);

#endif
