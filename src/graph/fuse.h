/* Rewriting for inference: fewer passes over memory, same function up to float rounding. */
#ifndef RSL_GRAPH_FUSE_H
#define RSL_GRAPH_FUSE_H

#include "graph/graph.h"

/* Folds BatchNormalization into the convolution before it, and merges a following residual addition
 * and activation into a FusedConv. Only where the value between has no other reader. The graph must
 * have been checked and inferred; it must be checked (done here) and inferred again afterwards.
 * Folded weights are new constants: the old ones are no longer read, but named in the attribute
 * folded_from of their convolution. */
int rsl_graph_fuse(struct rsl_graph *g);

/* What a folded convolution was made from, and the folding again, for those who change it:
 * W' = W a and b' = (b - mean) a + shift with a = scale / sqrt(var + epsilon), in double. */
struct rsl_fold {
    const float *w, *b, *scale, *shift, *mean, *var; /* b NULL: none */
    double epsilon;
    int64_t channels, each; /* each: weights of a channel */
};

double rsl_fold_factor(const struct rsl_fold *f, int64_t channel);
void rsl_fold_all(const struct rsl_fold *f, float *w, float *b);

#endif
