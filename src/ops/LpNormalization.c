/* LpNormalization: Y = X / norm along `axis` (default -1), the norm being the sum of |X| (p = 1) or
 * the square root of the sum of squares (p = 2, the default). A row of zeros stays zero, as in
 * PyTorch and ONNX Runtime. */
#include "graph/gradient.h"
#include "ops/op.h"

#include <inttypes.h>
#include <math.h>

static int infer(struct rsl_call *c) {
    int axis;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), c->in[0]->shape.rank, false, &axis));
    int64_t p = rsl_node_int(c->node, "p", 2);
    if (p != 1 && p != 2) return rsl_fail(RSL_EUNSUPPORTED, "attribute p is %" PRId64, p);
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    int axis;
    const struct rsl_shape *x = &c->in[0]->shape;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), x->rank, false, &axis));
    bool squares = rsl_node_int(c->node, "p", 2) == 2;
    int64_t length = x->dim[axis], inner = rsl_shape_span(x, axis + 1, x->rank);
    int64_t rows = rsl_shape_span(x, 0, axis) * inner;
    for (int64_t r = 0; r < rows; r++) {
        int64_t first = r / inner * length * inner + r % inner;
        double norm = 0;
        for (int64_t i = 0; i < length; i++) {
            double v = rsl_tensor_double(c->in[0], first + i * inner);
            norm += squares ? v * v : fabs(v);
        }
        if (squares) norm = sqrt(norm);
        for (int64_t i = 0; i < length; i++) {
            double v = rsl_tensor_double(c->in[0], first + i * inner);
            rsl_tensor_set_double(c->out[0], first + i * inner, norm == 0 ? 0 : v / norm);
        }
    }
    return RSL_OK;
}

/* dx = (dy - d sum(dy y)) / norm with d = sign(x) (p = 1) or y (p = 2); 0 where the norm is. */
static int gradient(struct rsl_backward *b) {
    int axis, x = b->node.in[0], y = b->node.out[0];
    RSL_TRY(rsl_need_axis(rsl_node_int(&b->node, "axis", -1), rsl_backward_in(b, 0)->shape.rank,
                          false, &axis));
    const int64_t axes[] = {axis};
    bool squares = rsl_node_int(&b->node, "p", 2) == 2;
    int norm = rsl_emit(b, squares ? "ReduceL2" : "ReduceL1", 1, x);
    rsl_emit_ints(b, "axes", axes, 1);
    int is_zero = rsl_emit_with(b, "Equal", norm, 0);
    int sum = rsl_emit_reduce_sum(b, rsl_emit(b, "Mul", 2, b->dy[0], y), axes, 1, true);
    int along = squares ? y : rsl_emit(b, "Sign", 1, x);
    int across = rsl_emit(b, "Sub", 2, b->dy[0], rsl_emit(b, "Mul", 2, along, sum));
    int quotient = rsl_emit(b, "Div", 2, across, norm);
    b->dx[0] = rsl_emit(b, "Where", 3, is_zero, rsl_emit_number(b, 0), quotient);
    return RSL_OK;
}

const struct rsl_op rsl_op_LpNormalization = {
    .name = "LpNormalization",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
