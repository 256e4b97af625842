/* AveragePool: the mean of the elements under each window. With count_include_pad padding counts as
 * zeros; what lies behind the padding (ceil_mode) never counts, as in PyTorch. A window that
 * dilation puts on padding only gives 0. */
#include "graph/gradient.h"
#include "ops/number.h"
#include "ops/pool_reference.h"

static double mean(const struct rsl_node *n, const struct rsl_pool_window *w, int64_t *best) {
    (void)best;
    double sum = 0;
    for (int64_t i = 0; i < w->n; i++) sum += w->values[i];
    if (w->n == 0) return 0;
    if (!w->wide) sum = rsl_within_f32(sum);
    return sum / (double)(rsl_node_int(n, "count_include_pad", 0) ? w->padded : w->n);
}

static int infer(struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_pool_geometry(&g, c));
    for (int i = 0; i < g.window.rank; i++)
        if (c->opset < 19 && g.window.dilation[i] != 1)
            return rsl_fail(RSL_EUNSUPPORTED, "attribute dilations came with opset 19");
    struct rsl_shape out = rsl_pool_out_shape(&g);
    c->scratch_size = rsl_pool_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_geometry(&g, c));
    rsl_pool_forward(c, &g, mean, NULL);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "AveragePoolGrad", 1, b->dy[0]);
    rsl_emit_attributes(b);
    rsl_emit_shape_of(b, 0);
    return RSL_OK;
}

const struct rsl_op rsl_op_AveragePool = {
    .name = "AveragePool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
