/* MeanVarianceNormalization: Y = (X - mean) / (sqrt(var) + 1e-9) over `axes` (default 0, 2, 3),
 * with population variance. */
#include "graph/gradient.h"
#include "ops/group_norm.h"
#include "ops/standardize.h"

#include <math.h>

/* X's shape with 1 along the normalized axes. */
static int reduce(struct rsl_shape *s, const struct rsl_call *c) {
    static const int64_t usual[] = {0, 2, 3};
    size_t n;
    const int64_t *axes = rsl_node_ints(c->node, "axes", &n);
    if (!axes) {
        axes = usual;
        n = 3;
    }
    *s = c->in[0]->shape;
    for (size_t i = 0; i < n; i++) {
        int axis;
        RSL_TRY(rsl_need_axis(axes[i], s->rank, false, &axis));
        s->dim[axis] = 1;
    }
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_shape s;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(reduce(&s, c));
    int64_t cells = rsl_shape_count(&s); /* each: elements seen, mean, variance; then X by cells */
    c->scratch_size = (size_t)cells * (sizeof(int64_t) + 2 * sizeof(double)) +
                      (size_t)rsl_tensor_count(c->in[0]) * sizeof(double);
    return rsl_infer_same(c);
}

/* Where X's element `index` is accounted. */
static int64_t cell(const struct rsl_shape *x, const int64_t *stride, int64_t index) {
    int64_t place = 0;
    for (int i = x->rank - 1; i >= 0; i--) {
        place += index % x->dim[i] * stride[i];
        index /= x->dim[i];
    }
    return place;
}

static int forward(const struct rsl_call *c) {
    struct rsl_shape s;
    RSL_TRY(reduce(&s, c));
    const struct rsl_tensor *x = c->in[0];
    int64_t stride[RSL_MAX_RANK], n = rsl_tensor_count(x), cells = rsl_shape_count(&s);
    if (n == 0) return RSL_OK;
    enum rsl_variance how = x->dtype == RSL_f64 ? RSL_VARIANCE_WIDE : RSL_VARIANCE_MOMENTS;
    int64_t each = n / cells, *filled = c->scratch;
    double *mean = (double *)(filled + cells), *var = mean + cells, *v = var + cells;
    rsl_broadcast_strides(&s, &x->shape, stride);
    for (int64_t k = 0; k < cells; k++) filled[k] = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t k = cell(&x->shape, stride, i);
        v[k * each + filled[k]++] = rsl_tensor_double(x, i);
    }
    for (int64_t k = 0; k < cells; k++)
        rsl_mean_variance(v + k * each, each, how, &mean[k], &var[k]);
    for (int64_t i = 0; i < n; i++) {
        int64_t k = cell(&x->shape, stride, i);
        double d = rsl_tensor_double(x, i) - mean[k];
        rsl_tensor_set_double(c->out[0], i, d / (sqrt(var[k]) + 1e-9));
    }
    return RSL_OK;
}

/* The divisor is recomputed, 1e-9 and all; y is what it standardized. */
static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_shape kept;
    RSL_TRY(reduce(&kept, rsl_backward_call(b, &again)));
    struct rsl_standardized s = {.unit = b->node.out[0]};
    for (int k = 0; k < kept.rank; k++)
        if (kept.dim[k] != again.tensor[0].shape.dim[k]) s.axes[s.n++] = k;
    if (s.n == 0) return RSL_OK; /* each element is its own mean: y = 0 */
    int centred = rsl_emit_centred(b, b->node.in[0], &s);
    int variance = rsl_emit_mean(b, rsl_emit(b, "Mul", 2, centred, centred), &s);
    s.deviation = rsl_emit_with(b, "Add", rsl_emit(b, "Sqrt", 1, variance), 1e-9);
    b->dx[0] = rsl_emit_standardized_gradient(b, &s, b->dy[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_MeanVarianceNormalization = {
    .name = "MeanVarianceNormalization",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
