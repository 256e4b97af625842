/* See group_norm.h. */
#include "ops/group_norm.h"

#include "ops/number.h"

#include <inttypes.h>
#include <math.h>

#include "ops/standardize.h"

void rsl_mean_variance(const double *x, int64_t n, enum rsl_variance how, double *mean,
                       double *var) {
    double sum = 0, raw = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        raw += x[i] * x[i];
    }
    *mean = (how == RSL_VARIANCE_WIDE ? sum : rsl_within_f32(sum)) / (double)n;
    for (int64_t i = 0; i < n; i++) squares += (x[i] - *mean) * (x[i] - *mean);
    *var = (how == RSL_VARIANCE_WIDE ? squares : rsl_within_f32(squares)) / (double)n;
    if (how == RSL_VARIANCE_MOMENTS && isinf(rsl_within_f32(raw)))
        *var = rsl_within_f32(raw) - rsl_within_f32(*mean * *mean);
}

/* Elements of one group of one image; groups == 0 only when there are no channels. */
static int64_t group_size(const struct rsl_shape *x, int64_t groups) {
    return groups ? rsl_shape_span(x, 1, x->rank) / groups : 0;
}

int rsl_group_norm_infer(struct rsl_call *c, int64_t groups, int64_t parameters) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    for (int i = 1; i < 3; i++) {
        RSL_TRY(rsl_need_same_dtype(c, i));
        const struct rsl_shape *s = &c->in[i]->shape;
        char text[RSL_SHAPE_TEXT];
        if (s->rank != 1 || s->dim[0] != parameters)
            return rsl_fail(RSL_ESHAPE, "input %d has shape %s, it must be [%" PRId64 "]", i,
                            rsl_shape_text(s, text), parameters);
    }
    c->scratch_size = (size_t)group_size(&c->in[0]->shape, groups) * sizeof(double);
    return rsl_infer_same(c);
}

void rsl_group_norm_forward(const struct rsl_call *c, int64_t groups, enum rsl_variance how) {
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    double epsilon = (double)rsl_node_float(c->node, "epsilon", 1e-5F), *v = c->scratch;
    int64_t n = group_size(&x->shape, groups);
    if (n == 0) return;
    int64_t each = groups * n / c->in[1]->shape.dim[0]; /* elements that share a parameter */
    for (int64_t p = 0; p < x->shape.dim[0] * groups; p++) {
        double mean, var;
        size_t at = (size_t)(p * n) * t->bytes;
        t->to_double((const char *)x->data + at, v, (size_t)n);
        rsl_mean_variance(v, n, x->dtype == RSL_f64 ? RSL_VARIANCE_WIDE : how, &mean, &var);
        double deviation = sqrt(var + epsilon);
        for (int64_t first = 0; first < n; first += each) {
            int64_t k = (p % groups * n + first) / each;
            double scale = rsl_tensor_double(c->in[1], k), shift = rsl_tensor_double(c->in[2], k);
            for (int64_t i = first; i < first + each; i++)
                v[i] = scale * (v[i] - mean) / deviation + shift;
        }
        t->from_double(v, (char *)c->out[0]->data + at, (size_t)n);
    }
}

/* On X as [N, groups, elements], with u the standardized X: dX by way of du = dY scale; on
 * [N, parameters, elements]: dscale = dY u, dB = dY. */
void rsl_group_norm_gradient(struct rsl_backward *b, int64_t groups) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape;
    int64_t parameters = rsl_backward_in(b, 1)->shape.dim[0];
    const struct rsl_shape grouped = {3, {x.dim[0], groups, group_size(&x, groups)}};
    const struct rsl_shape apart = {3, {x.dim[0], parameters, group_size(&x, parameters)}};
    const struct rsl_shape column = {2, {parameters, 1}};
    const int64_t others[] = {0, 2};
    struct rsl_standardized s = {0};
    bool of_x = rsl_wanted(b, 0), of_scale = rsl_wanted(b, 1);
    int dy = rsl_emit_reshape(b, b->dy[0], &apart);
    if (of_x || of_scale)
        rsl_emit_standardized(b, rsl_emit_reshape(b, b->node.in[0], &grouped), 2, 3,
                              (double)rsl_node_float(&b->node, "epsilon", 1e-5F), &s);
    if (of_x) {
        int du = rsl_emit(b, "Mul", 2, dy, rsl_emit_reshape(b, b->node.in[1], &column));
        int dx = rsl_emit_standardized_gradient(b, &s, rsl_emit_reshape(b, du, &grouped));
        b->dx[0] = rsl_emit_reshape(b, dx, &x);
    }
    if (of_scale) {
        int unit = rsl_emit_reshape(b, s.unit, &apart);
        b->dx[1] = rsl_emit_reduce_sum(b, rsl_emit(b, "Mul", 2, dy, unit), others, 2, false);
    }
    if (rsl_wanted(b, 2)) b->dx[2] = rsl_emit_reduce_sum(b, dy, others, 2, false);
}
