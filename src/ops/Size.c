/* Size: the number of elements as an i64 scalar. */
#include "ops/op.h"

#include <string.h>

static int infer(struct rsl_call *c) {
    struct rsl_shape scalar = {.rank = 0};
    return rsl_set_out(c, 0, RSL_i64, &scalar);
}

static int forward(const struct rsl_call *c) {
    int64_t n = rsl_tensor_count(c->in[0]);
    memcpy(c->out[0]->data, &n, sizeof n);
    return RSL_OK;
}

const struct rsl_op rsl_op_Size = {
    .name = "Size",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .shape_only = true,
    .infer = infer,
    .forward = forward,
};
