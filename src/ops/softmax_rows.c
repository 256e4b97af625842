/* See softmax_rows.h. */
#include "ops/softmax_rows.h"

#include <math.h>

#include "graph/gradient.h"

struct rows {
    int64_t outer, length, inner; /* X as [outer, length, inner], normalized along length */
};

/* The axes [from, to) that make a row; none of a scalar, which is a row of one. */
static int row_axes(const struct rsl_call *c, int *from, int *to) {
    int rank = c->in[0]->shape.rank;
    bool flat = c->opset < 13;
    *from = *to = 0;
    if (rank == 0 && !flat) return RSL_OK;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", flat ? 1 : -1), rank, flat, from));
    *to = flat ? rank : *from + 1;
    return RSL_OK;
}

static int layout(struct rows *r, const struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    int from, to;
    RSL_TRY(row_axes(c, &from, &to));
    *r = (struct rows){.outer = rsl_shape_span(x, 0, from),
                       .length = rsl_shape_span(x, from, to),
                       .inner = rsl_shape_span(x, to, x->rank)};
    return RSL_OK;
}

int rsl_softmax_infer(struct rsl_call *c) {
    struct rows r;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(layout(&r, c));
    c->scratch_size = (size_t)r.length * sizeof(double);
    return rsl_infer_same(c);
}

void rsl_softmax_row(double *row, int64_t n, int64_t step, double (*finish)(double x, double sum)) {
    double top = (double)-INFINITY, sum = 0;
    for (int64_t i = 0; i < n * step; i += step)
        if (row[i] > top) top = row[i];
    for (int64_t i = 0; i < n * step; i += step) sum += exp(row[i] - top);
    for (int64_t i = 0; i < n * step; i += step) row[i] = finish(row[i] - top, sum);
}

double rsl_log_softmax(double x, double sum) {
    return x - log(sum);
}

int rsl_softmax_forward(const struct rsl_call *c, double (*finish)(double x, double sum)) {
    struct rows r;
    RSL_TRY(layout(&r, c));
    double *row = c->scratch;
    for (int64_t o = 0; o < r.outer * r.inner; o++) {
        int64_t first = o / r.inner * r.length * r.inner + o % r.inner;
        for (int64_t i = 0; i < r.length; i++)
            row[i] = rsl_tensor_double(c->in[0], first + i * r.inner);
        rsl_softmax_row(row, r.length, 1, finish);
        for (int64_t i = 0; i < r.length; i++)
            rsl_tensor_set_double(c->out[0], first + i * r.inner, row[i]);
    }
    return RSL_OK;
}

int rsl_softmax_emit_sum(struct rsl_backward *b, int x, int *sum) {
    struct rsl_again again;
    int64_t axes[RSL_MAX_RANK];
    int from, to;
    RSL_TRY(row_axes(rsl_backward_call(b, &again), &from, &to));
    for (int k = from; k < to; k++) axes[k - from] = k;
    *sum = to > from ? rsl_emit_reduce_sum(b, x, axes, (size_t)(to - from), true) : x;
    return RSL_OK;
}
