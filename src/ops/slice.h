/* What a Slice node keeps of each axis, for its kernels. */
#ifndef RSL_OPS_SLICE_H
#define RSL_OPS_SLICE_H

#include "ops/op.h"

/* n elements start, start+step, ... of one axis. */
struct rsl_cut {
    int64_t start, step, n;
};

/* One cut per axis of input 0. */
int rsl_slice_cuts(const struct rsl_call *c, struct rsl_cut cuts[RSL_MAX_RANK]);
/* Of a SliceGrad node: the shape of its output, from its attribute, and where input 0 goes in it.
 * Refuses what does not fit. */
int rsl_slice_grad_cuts(const struct rsl_call *c, struct rsl_shape *x,
                        struct rsl_cut cuts[RSL_MAX_RANK]);

#endif
