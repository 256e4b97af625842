/* ConstantOfShape: a tensor of the shape in input 0, filled with the one element of `value` (f32 0
 * when left out). */
#include <string.h>

#include "ops/lists.h"
#include "ops/strided.h"

static int read_value(const struct rsl_call *c, enum rsl_dtype *dtype, char element[8]) {
    const struct rsl_attr *a = rsl_node_attr(c->node, "value");
    *dtype = RSL_f32;
    memset(element, 0, 8);
    if (!a) return RSL_OK;
    if (a->type != RSL_ATTR_TENSOR || rsl_tensor_count(a->t) != 1)
        return rsl_fail(RSL_EGRAPH, "attribute 'value' is not a tensor of one element");
    *dtype = a->t->dtype;
    memcpy(element, a->t->data, rsl_tensor_bytes(a->t));
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_list to;
    enum rsl_dtype dtype;
    char element[8];
    RSL_TRY(rsl_read_list(c, "shape", 0, 0, &to));
    if (to.n > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the shape has %d dimensions, at most %d are offered",
                        to.n, RSL_MAX_RANK);
    RSL_TRY(read_value(c, &dtype, element));
    struct rsl_shape s = rsl_shape_of(to.n, to.at);
    return rsl_set_out(c, 0, dtype, &s);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor *y = c->out[0];
    enum rsl_dtype dtype;
    char element[8];
    RSL_TRY(read_value(c, &dtype, element));
    rsl_fill(y->data, element, rsl_tensor_count(y), rsl_dtype_bytes((int)y->dtype));
    return RSL_OK;
}

const struct rsl_op rsl_op_ConstantOfShape = {
    .name = "ConstantOfShape",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 0,
    .infer = infer,
    .forward = forward,
};
