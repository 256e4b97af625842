/* What the normalizations by mean and variance share. */
#ifndef RSL_OPS_GROUP_NORM_H
#define RSL_OPS_GROUP_NORM_H

#include "graph/gradient.h"
#include "ops/op.h"

/* How a variance is computed where a fault has blown up the values, so that outcomes are those of
 * the runtimes: in f64, as it is; in float32 as the mean of squared deviations (infinite beyond its
 * range: InstanceNormalization); or as ONNX defines LayerNormalization, GroupNormalization and
 * MeanVarianceNormalization, functions with E[X X] - E[X] E[X] in them, which becomes infinite and
 * then no number. Within the range of float32 all are the same. */
enum rsl_variance { RSL_VARIANCE_WIDE, RSL_VARIANCE_CENTRED, RSL_VARIANCE_MOMENTS };

/* Mean and population variance of n elements, in two passes. */
void rsl_mean_variance(const double *x, int64_t n, enum rsl_variance how, double *mean,
                       double *var);

/* X [N,C,...] in `groups` groups of channels, each normalized by its own mean and variance, then
 * scaled and shifted by inputs 1 and 2: `parameters` of each, one per group or one per channel. */
int rsl_group_norm_infer(struct rsl_call *c, int64_t groups, int64_t parameters);
void rsl_group_norm_forward(const struct rsl_call *c, int64_t groups, enum rsl_variance how);
void rsl_group_norm_gradient(struct rsl_backward *b, int64_t groups);

#endif
