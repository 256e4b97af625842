/* Which constants of a graph are what training would change, and which are its weights. */
#ifndef RSL_GRAPH_PARAMETERS_H
#define RSL_GRAPH_PARAMETERS_H

#include "graph/graph.h"

enum rsl_constant_role {
    RSL_ROLE_SETTING,   /* no part of what was learnt: shapes, bounds, scales of pixels, codes */
    RSL_ROLE_PARAMETER, /* trainable: floating point, and no single number in arithmetic */
    RSL_ROLE_BUFFER     /* running mean and variance of batch norms */
};

/* roles[v] for every value; what is no constant is a setting. `roles` has values.n. */
void rsl_graph_roles(const struct rsl_graph *g, enum rsl_constant_role *roles);

/* The stored constant that node n multiplies its input with (Conv, Gemm, MatMul, ... ), seen
 * through DequantizeLinear, Cast, Transpose and the like; RSL_ABSENT when the node has none. */
int rsl_node_weight(const struct rsl_graph *g, const struct rsl_node *n);

/* The axis of that constant along which the node's output channels (Conv, ConvTranspose) or
 * features (Gemm, MatMul) lie; 0 when the views between them hide it. The node has a weight. */
int rsl_node_weight_axis(const struct rsl_graph *g, const struct rsl_node *n);

/* fixed[v] for every value: it is a constant or computed from constants only. */
void rsl_graph_fixed(const struct rsl_graph *g, bool *fixed);

/* The value that node n multiplies its input with when it is computed from constants (a product of
 * two, say), seen through the same views; RSL_ABSENT when it is stored or depends on the input. */
int rsl_node_computed_weight(const struct rsl_graph *g, const struct rsl_node *n,
                             const bool *fixed);

/* The weights of all nodes in the nodes' order, each constant once: its value and the first node
 * that has it. Both arrays have room for nodes.n. Returns how many, or a
 * negative status when memory is refused. */
int rsl_graph_weights(const struct rsl_graph *g, int *values, int *nodes);

/* Refuses a graph without weights (n_weights, from rsl_graph_weights), and one with a weight that
 * is computed from constants and so has no bits of its own: what is said of the others alone would
 * be taken for the network's. */
int rsl_graph_require_weights(const struct rsl_graph *g, int n_weights);

/* Elements of all parameters, each constant once; a negative status when memory is refused. */
int64_t rsl_graph_parameters(const struct rsl_graph *g);

#endif
