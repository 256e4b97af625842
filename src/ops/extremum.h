/* The way back through a maximum or minimum: equal extreme elements share the gradient equally, as
 * in PyTorch's maximum and amax. */
#ifndef RSL_OPS_EXTREMUM_H
#define RSL_OPS_EXTREMUM_H

#include "graph/gradient.h"

/* The rule of Max and Min. */
int rsl_gradient_extremum(struct rsl_backward *b);
/* dx of y = the extreme element of x along the n axes; y and dy have these axes as ones. */
int rsl_emit_extremum_gradient(struct rsl_backward *b, int x, int y, int dy, const int64_t *axes,
                               size_t n);

#endif
