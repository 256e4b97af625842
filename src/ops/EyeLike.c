/* EyeLike: a matrix of the input's shape with ones on diagonal k and zeros elsewhere. */
#include <string.h>

#include "ops/op.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 2, 2));
    int64_t dtype = rsl_node_int(c->node, "dtype", (int64_t)c->in[0]->dtype);
    if (dtype < 0 || dtype >= RSL_DTYPE_END || !rsl_dtype_traits((int)dtype))
        return rsl_fail(RSL_EUNSUPPORTED, "dtype %lld is not offered", (long long)dtype);
    return rsl_set_out(c, 0, (enum rsl_dtype)dtype, &c->in[0]->shape);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor *y = c->out[0];
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)y->dtype);
    int64_t rows = y->shape.dim[0], columns = y->shape.dim[1], k = rsl_node_int(c->node, "k", 0);
    const double one = 1;
    if (rows == 0 || columns == 0) return RSL_OK;
    memset(y->data, 0, rsl_tensor_bytes(y));
    if (k <= -rows || k >= columns) return RSL_OK;
    for (int64_t i = k < 0 ? -k : 0; i < rows && i + k < columns; i++)
        type->from_double(&one, (char *)y->data + (size_t)(i * columns + i + k) * type->bytes, 1);
    return RSL_OK;
}

const struct rsl_op rsl_op_EyeLike = {
    .name = "EyeLike",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .shape_only = true,
    .infer = infer,
    .forward = forward,
};
