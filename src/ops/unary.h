/* What the elementwise operators of one input share. */
#ifndef RSL_OPS_UNARY_H
#define RSL_OPS_UNARY_H

#include "ops/op.h"

/* out[0][i] = f(in[0][i]) in double, rounded once to the tensor's type. Not for 64-bit integers
 * above 2^53. */
int rsl_unary(const struct rsl_call *c, double (*f)(double x, const struct rsl_node *n));

#endif
