/* LpNormalization: Y = X / norm along `axis` (default -1), the norm being the sum of |X| (p = 1) or
 * the square root of the sum of squares (p = 2, the default). A row of zeros stays zero, as in
 * PyTorch and ONNX Runtime. */
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

const struct rsl_op rsl_op_LpNormalization = {
    .name = "LpNormalization",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
