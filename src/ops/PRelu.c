/* PRelu: y = x, or slope * x where x < 0; the slope broadcasts to x (not the other way round). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, prelu, a < 0 ? a * b : a)
RSL_BINARY(prelu_i64, int64_t, a < 0 ? (uint64_t)a * (uint64_t)b : (uint64_t)a)
RSL_UNARY(prelu_u64, uint64_t, x) /* never negative: the slope has no part in it */

static const struct rsl_kernels kernels = {
    .f32 = prelu_f32, .f64 = prelu_f64, .i64 = prelu_i64, .u64 = prelu_u64};

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_infer_elementwise(c, &kernels));
    const struct rsl_shape *x = &c->in[0]->shape, *slope = &c->in[1]->shape;
    char tx[RSL_SHAPE_TEXT], ts[RSL_SHAPE_TEXT];
    if (!rsl_shape_equal(&c->out[0]->shape, x))
        return rsl_fail(RSL_ESHAPE, "the slope of shape %s does not broadcast to %s",
                        rsl_shape_text(slope, ts), rsl_shape_text(x, tx));
    return RSL_OK;
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dslope = dy min(x, 0) */
static int gradient(struct rsl_backward *b) {
    int x = b->node.in[0], dy = b->dy[0];
    if (rsl_wanted(b, 0)) {
        int negative = rsl_emit_with(b, "Less", x, 0);
        int leak = rsl_emit(b, "Mul", 2, dy, b->node.in[1]);
        b->dx[0] = rsl_emit(b, "Where", 3, negative, leak, dy);
    }
    if (rsl_wanted(b, 1)) {
        int product = rsl_emit(b, "Mul", 2, dy, rsl_emit_with(b, "Min", x, 0));
        b->dx[1] = rsl_emit_sum_to(b, product, 1);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_PRelu = {
    .name = "PRelu",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
