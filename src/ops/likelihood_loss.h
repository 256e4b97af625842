/* The loss that NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss share.
 *
 * Input 0 [N,C,d...], input 1 targets [N,d...] in 0..C-1, input 2 weights [C] (optional).
 *     loss[n,...] = -weight[target] * logarithm[n,target,...], 0 where target is ignore_index
 * reduction "none" keeps [N,d...], "sum" adds, "mean" (default) divides the sum by the sum of the
 * weights of the targets that were not ignored (NaN when there are none, as in PyTorch). */
#ifndef RSL_OPS_LIKELIHOOD_LOSS_H
#define RSL_OPS_LIKELIHOOD_LOSS_H

#include "ops/op.h"

struct rsl_backward;

/* Output 0; scratch for input 0 as doubles. */
int rsl_likelihood_loss_infer(struct rsl_call *c);
/* Refuses targets out of range. `logarithms` has input 0's shape. */
int rsl_likelihood_loss_forward(const struct rsl_call *c, const double *logarithms);
/* Emits the gradient with respect to the logarithms, from that of output 0. */
int rsl_likelihood_loss_gradient(struct rsl_backward *b);

#endif
