/* What the gradients of the normalizations share: u = (x - mean) / deviation over some axes, and
 * the way back,
 *     dx = (du - mean(du) - u mean(du u)) / deviation. */
#ifndef RSL_OPS_STANDARDIZE_H
#define RSL_OPS_STANDARDIZE_H

#include "graph/gradient.h"

struct rsl_standardized {
    int unit, deviation; /* values */
    int64_t axes[RSL_MAX_RANK];
    size_t n;
};

/* x less its mean over s->axes, and a mean over them; n > 0. */
int rsl_emit_centred(struct rsl_backward *b, int x, const struct rsl_standardized *s);
int rsl_emit_mean(struct rsl_backward *b, int x, const struct rsl_standardized *s);
/* Over the axes [from, to), with deviation = sqrt(variance + epsilon). */
void rsl_emit_standardized(struct rsl_backward *b, int x, int from, int to, double epsilon,
                           struct rsl_standardized *s);
int rsl_emit_standardized_gradient(struct rsl_backward *b, const struct rsl_standardized *s,
                                   int du);

#endif
