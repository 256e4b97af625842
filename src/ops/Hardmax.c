/* Hardmax: 1 at the first largest element, 0 elsewhere, along `axis`; before opset 13 along all
 * dimensions from `axis` on, taken as one. */
#include "ops/arg.h"
#include "ops/lists.h"

static int read_span(const struct rsl_call *c, struct rsl_span *span) {
    const struct rsl_shape *x = &c->in[0]->shape;
    bool flat = c->opset < 13;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", flat ? 1 : -1), x->rank, flat, &axis));
    if (flat)
        *span = (struct rsl_span){rsl_shape_span(x, 0, axis), rsl_shape_span(x, axis, x->rank), 1};
    else
        *span = rsl_span_at(x, axis);
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_span span;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(read_span(c, &span));
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)x->dtype);
    struct rsl_span span;
    RSL_TRY(read_span(c, &span));
    int64_t step = span.inner * (int64_t)type->bytes;
    for (int64_t o = 0; o < span.outer; o++)
        for (int64_t i = 0; span.n && i < span.inner; i++) {
            int64_t first = (o * span.n * span.inner + i) * (int64_t)type->bytes;
            int64_t at =
                rsl_arg_lane(x->dtype, (const char *)x->data + first, span.n, step, true, false);
            for (int64_t k = 0; k < span.n; k++) {
                double v = k == at;
                type->from_double(&v, (char *)c->out[0]->data + first + k * step, 1);
            }
        }
    return RSL_OK;
}

const struct rsl_op rsl_op_Hardmax = {
    .name = "Hardmax",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
