/* What batch normalizations share: X [N,C,...] as batch, channels and area. */
#ifndef RSL_OPS_TRAINING_NORM_H
#define RSL_OPS_TRAINING_NORM_H

#include "ops/op.h"

struct rsl_training_norm {
    int64_t batch, channels, area;
    double epsilon;
    bool relu;
};

/* Reads the attributes and the shape of input `x`; checks that inputs first..last, when present,
 * are [C]. */
int rsl_training_norm(struct rsl_training_norm *t, const struct rsl_call *c, int x, int first,
                      int last);
/* Refuses input i, when present, unless it has the shape of input `x`. */
int rsl_training_norm_like(const struct rsl_call *c, int i, int x);

/* Mean and population variance of channel k of x as [batch, channels, area], in two passes. */
void rsl_batch_statistics(const struct rsl_tensor *x, int64_t batch, int64_t channels, int64_t area,
                          int64_t k, double *mean, double *variance);

#endif
