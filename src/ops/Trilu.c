/* Trilu: the triangle of each matrix on and above (upper) or on and below diagonal k, which is
 * input 1; zeros elsewhere. */
#include <string.h>

#include "graph/gradient.h"
#include "ops/lists.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 2, RSL_MAX_RANK));
    RSL_TRY(rsl_need_dtype(c, 1, "i64"));
    if (rsl_input(c, 1) && rsl_tensor_count(c->in[1]) != 1)
        return rsl_fail(RSL_ESHAPE, "input 1, the diagonal, is not one number");
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int rank = x->shape.rank;
    int64_t rows = x->shape.dim[rank - 2], columns = x->shape.dim[rank - 1];
    int64_t matrices = rsl_shape_span(&x->shape, 0, rank - 2);
    int64_t k = rsl_input(c, 1) ? rsl_clamp(rsl_tensor_int(c->in[1], 0), -rows, columns) : 0;
    bool upper = rsl_node_int(c->node, "upper", 1) != 0;
    size_t bytes = rsl_dtype_bytes((int)x->dtype);
    if (rsl_tensor_count(x) == 0) return RSL_OK;
    memset(c->out[0]->data, 0, rsl_tensor_bytes(x));
    for (int64_t r = 0; r < matrices * rows; r++) {
        int64_t diagonal = r % rows + k;
        int64_t first = upper ? rsl_clamp(diagonal, 0, columns) : 0;
        int64_t end = upper ? columns : rsl_clamp(diagonal + 1, 0, columns);
        size_t at = (size_t)(r * columns + first) * bytes;
        if (end > first)
            memcpy((char *)c->out[0]->data + at, (const char *)x->data + at,
                   (size_t)(end - first) * bytes);
    }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    int k = b->node.n_in > 1 ? b->node.in[1] : RSL_ABSENT;
    b->dx[0] = rsl_emit(b, "Trilu", 2, b->dy[0], k);
    rsl_emit_attributes(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_Trilu = {
    .name = "Trilu",
    .domain = "",
    .since = 14,
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
