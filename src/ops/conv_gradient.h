/* The geometry of a convolution, seen from its gradients, which know one of its operands only by
 * the attribute "shape". */
#ifndef RSL_OPS_CONV_GRADIENT_H
#define RSL_OPS_CONV_GRADIENT_H

#include "ops/conv_geometry.h"

/* ConvInputGrad: inputs dY, W; "shape" is X's. Fails when dY does not fit. */
int rsl_conv_input_grad_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c);
/* ConvWeightGrad: inputs X, dY; "shape" is W's. */
int rsl_conv_weight_grad_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c);

#endif
