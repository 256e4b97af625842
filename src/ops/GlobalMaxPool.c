/* GlobalMaxPool: the largest element of each channel's image; a NaN wins, as in PyTorch. */
#include "graph/gradient.h"
#include "ops/extremum.h"
#include "ops/pool_reference.h"

#include <math.h>

static double reduce(const struct rsl_node *n, const struct rsl_pool_window *w, int64_t *best) {
    (void)n, (void)best;
    double y = w->values[0];
    for (int64_t i = 1; i < w->n; i++)
        if (w->values[i] > y || isnan(w->values[i])) y = w->values[i];
    return y;
}

static int forward(const struct rsl_call *c) {
    return rsl_global_pool_forward(c, reduce);
}

/* Equal largest elements share. */
static int gradient(struct rsl_backward *b) {
    int64_t axes[RSL_MAX_RANK];
    int n = rsl_backward_in(b, 0)->shape.rank - 2;
    for (int k = 0; k < n; k++) axes[k] = 2 + k;
    b->dx[0] =
        rsl_emit_extremum_gradient(b, b->node.in[0], b->node.out[0], b->dy[0], axes, (size_t)n);
    return RSL_OK;
}

const struct rsl_op rsl_op_GlobalMaxPool = {
    .name = "GlobalMaxPool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_global_pool_infer,
    .forward = forward,
    .gradient = gradient,
};
