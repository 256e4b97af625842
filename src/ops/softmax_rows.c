/* See softmax_rows.h. */
#include "ops/softmax_rows.h"

#include <math.h>

struct rows {
    int64_t outer, length, inner; /* X as [outer, length, inner], normalized along length */
};

static int layout(struct rows *r, const struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    bool flat = c->opset < 13;
    int axis;
    int64_t given = rsl_node_int(c->node, "axis", flat ? 1 : -1);
    if (x->rank == 0 && !flat) {
        axis = 0; /* a scalar is a row of one */
    } else {
        RSL_TRY(rsl_need_axis(given, x->rank, flat, &axis));
    }
    int end = flat || x->rank == 0 ? x->rank : axis + 1;
    *r = (struct rows){.outer = rsl_shape_span(x, 0, axis),
                       .length = rsl_shape_span(x, axis, end),
                       .inner = rsl_shape_span(x, end, x->rank)};
    return RSL_OK;
}

int rsl_softmax_infer(struct rsl_call *c) {
    struct rows r;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(layout(&r, c));
    c->scratch_size = (size_t)r.length * sizeof(double);
    return rsl_infer_same(c);
}

int rsl_softmax_forward(const struct rsl_call *c, double (*finish)(double x, double sum)) {
    struct rows r;
    RSL_TRY(layout(&r, c));
    double *row = c->scratch;
    for (int64_t o = 0; o < r.outer * r.inner; o++) {
        int64_t first = o / r.inner * r.length * r.inner + o % r.inner;
        double top = (double)-INFINITY, sum = 0;
        for (int64_t i = 0; i < r.length; i++) {
            row[i] = rsl_tensor_double(c->in[0], first + i * r.inner);
            if (row[i] > top) top = row[i];
        }
        for (int64_t i = 0; i < r.length; i++) sum += exp(row[i] - top);
        for (int64_t i = 0; i < r.length; i++)
            rsl_tensor_set_double(c->out[0], first + i * r.inner, finish(row[i] - top, sum));
    }
    return RSL_OK;
}
