/* Affine quantization as QuantizeLinear and DequantizeLinear share it: one scale and zero point per
 * tensor, or one per index of an axis (opset 13). */
#ifndef RSL_OPS_LINEAR_SCALES_H
#define RSL_OPS_LINEAR_SCALES_H

#include "ops/op.h"

/* The tensor seen as [outer, channels, inner]; one scale for each channel. */
struct rsl_channels {
    int64_t outer, channels, inner;
};

/* Refuses scales (input 1) and zero points (input 2, optional) that do not fit input 0. */
int rsl_need_scales(const struct rsl_call *c, struct rsl_channels *view);

#endif
