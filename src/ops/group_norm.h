/* What the normalizations by mean and variance share. */
#ifndef RSL_OPS_GROUP_NORM_H
#define RSL_OPS_GROUP_NORM_H

#include "graph/gradient.h"
#include "ops/op.h"

/* Mean and population variance of n elements, in two passes. */
void rsl_mean_variance(const double *x, int64_t n, double *mean, double *var);

/* X [N,C,...] in `groups` groups of channels, each normalized by its own mean and variance, then
 * scaled and shifted by inputs 1 and 2: `parameters` of each, one per group or one per channel. */
int rsl_group_norm_infer(struct rsl_call *c, int64_t groups, int64_t parameters);
void rsl_group_norm_forward(const struct rsl_call *c, int64_t groups);
void rsl_group_norm_gradient(struct rsl_backward *b, int64_t groups);

#endif
