/* What the normalizations by mean and variance share. */
#ifndef RSL_OPS_GROUP_NORM_H
#define RSL_OPS_GROUP_NORM_H

#include "graph/gradient.h"
#include "ops/op.h"

/* Mean and population variance of n elements, in two passes. Unless `wide` (f64), they are what
 * float32 makes of values that a fault has blown up: ONNX defines normalizations as functions, with
 * the mean as ReduceMean(X) and the variance as ReduceMean(X * X) - mean * mean. Where a sum or
 * product of those is beyond float32 it is infinite, and the variance infinite or no number. */
void rsl_mean_variance(const double *x, int64_t n, bool wide, double *mean, double *var);

/* X [N,C,...] in `groups` groups of channels, each normalized by its own mean and variance, then
 * scaled and shifted by inputs 1 and 2: `parameters` of each, one per group or one per channel. */
int rsl_group_norm_infer(struct rsl_call *c, int64_t groups, int64_t parameters);
void rsl_group_norm_forward(const struct rsl_call *c, int64_t groups);
void rsl_group_norm_gradient(struct rsl_backward *b, int64_t groups);

#endif
