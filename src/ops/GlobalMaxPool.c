/* GlobalMaxPool: the largest element of each channel's image; a NaN wins, as in PyTorch. */
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

const struct rsl_op rsl_op_GlobalMaxPool = {
    .name = "GlobalMaxPool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_global_pool_infer,
    .forward = forward,
};
