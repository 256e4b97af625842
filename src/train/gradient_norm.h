/* The L2 norm of all gradients together, and clipping by it (Pascanu et al. 2013).
 *
 * Clipping costs no pass of its own: the factor goes into rsl_optimizer_step's gradient_scale. When
 * the gradients are sums over k passes that stand for a mean, with s = 1/k:
 *
 *     RSL_TRY(rsl_gradient_norm(&norm, trained, n));
 *     rsl_optimizer_step(o, rate, s * rsl_clip_factor(s * norm, max_norm)); */
#ifndef RSL_TRAIN_GRADIENT_NORM_H
#define RSL_TRAIN_GRADIENT_NORM_H

#include "train/trained.h"

/* Summed in double, in an order that does not depend on the number of threads; squares of floats
 * cannot overflow it. Fails with RSL_EARG and a sentence naming the tensor when a gradient holds
 * NaN or an infinity; *norm is then NaN or infinite. */
int rsl_gradient_norm(double *norm, const struct rsl_trained *trained, size_t n);

/* min(1, max_norm / (norm + 1e-6)), the factor of torch.nn.utils.clip_grad_norm_. */
double rsl_clip_factor(double norm, double max_norm);

#endif
