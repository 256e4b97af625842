/* GlobalAveragePool: the mean of each channel's image. */
#include "graph/gradient.h"
#include "ops/number.h"
#include "ops/pool_reference.h"

static double reduce(const struct rsl_node *n, const struct rsl_pool_window *w, int64_t *best) {
    (void)n, (void)best;
    double sum = 0;
    for (int64_t i = 0; i < w->n; i++) sum += w->values[i];
    return (w->wide ? sum : rsl_within_f32(sum)) / (double)w->n;
}

static int forward(const struct rsl_call *c) {
    return rsl_global_pool_forward(c, reduce);
}

/* That of an AveragePool whose window is the whole image. */
static int gradient(struct rsl_backward *b) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape;
    b->dx[0] = rsl_emit(b, "AveragePoolGrad", 1, b->dy[0]);
    rsl_emit_shape_of(b, 0);
    rsl_emit_ints(b, "kernel_shape", x.dim + 2, (size_t)x.rank - 2);
    return RSL_OK;
}

const struct rsl_op rsl_op_GlobalAveragePool = {
    .name = "GlobalAveragePool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_global_pool_infer,
    .forward = forward,
    .gradient = gradient,
};
