/* MaxPool: the largest element under each window; a NaN under it wins, as in PyTorch. The first of
 * equal elements is the one whose index is given. Output Indices: flat index in X, with
 * storage_order 1 counted column-major within the image. */
#include "graph/gradient.h"
#include "ops/pool_reference.h"

#include <math.h>

static double largest(const struct rsl_node *n, const struct rsl_pool_window *w, int64_t *best) {
    (void)n;
    double y = (double)-INFINITY; /* an empty window; integers saturate to their least value */
    for (int64_t i = 0; i < w->n; i++)
        if (i == 0 || w->values[i] > y || (isnan(w->values[i]) && !isnan(y))) {
            y = w->values[i];
            *best = i;
        }
    return y;
}

static int infer(struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 u8"));
    RSL_TRY(rsl_pool_geometry(&g, c));
    struct rsl_shape out = rsl_pool_out_shape(&g);
    c->scratch_size = rsl_pool_scratch(&g);
    RSL_TRY(rsl_set_out(c, 0, c->in[0]->dtype, &out));
    return rsl_set_out(c, 1, RSL_i64, &out);
}

/* Row-major to column-major index within the image of each channel. */
static void reorder(const struct rsl_pool_geometry *g, int64_t *places, int64_t n) {
    const struct rsl_window *w = &g->window;
    int64_t area = rsl_window_in_count(w);
    for (int64_t i = 0; i < n; i++) {
        if (places[i] < 0) continue;
        int64_t within = places[i] % area, column_major = 0;
        for (int64_t k = w->rank - 1; k >= 0; k--) {
            column_major = column_major * w->in[k] + within % w->in[k];
            within /= w->in[k];
        }
        places[i] += column_major - places[i] % area;
    }
}

static int forward(const struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_geometry(&g, c));
    struct rsl_tensor *indices = c->n_out > 1 ? c->out[1] : NULL;
    rsl_pool_forward(c, &g, largest, indices ? indices->data : NULL);
    if (indices && rsl_node_int(c->node, "storage_order", 0) != 0)
        reorder(&g, indices->data, rsl_tensor_count(indices));
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "MaxPoolGrad", 2, b->dy[0], b->node.in[0]);
    rsl_emit_attributes(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_MaxPool = {
    .name = "MaxPool",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 2,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
