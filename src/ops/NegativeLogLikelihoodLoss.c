/* NegativeLogLikelihoodLoss: loss = -weight[t] * X[n,t,...] for target t[n,...], X being logarithms
 * of probabilities. */
#include "graph/gradient.h"
#include "ops/likelihood_loss.h"

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    rsl_dtype_traits((int)x->dtype)->to_double(x->data, c->scratch, (size_t)rsl_tensor_count(x));
    return rsl_likelihood_loss_forward(c, c->scratch);
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_likelihood_loss_gradient(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_NegativeLogLikelihoodLoss = {
    .name = "NegativeLogLikelihoodLoss",
    .domain = "",
    .since = 12,
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_likelihood_loss_infer,
    .forward = forward,
    .gradient = gradient,
};
