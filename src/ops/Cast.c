/* Cast: the same values in the type that `to` names. Floats lose their fraction and saturate on the
 * way to an integer (ONNX leaves that open; NaN becomes 0), round to nearest even on the way to a
 * narrower float; integers wrap; bool is "not zero". */
#include "graph/gradient.h"
#include "ops/op.h"

static int infer(struct rsl_call *c) {
    int64_t to = rsl_node_int(c->node, "to", 0);
    if (to < 0 || to >= RSL_DTYPE_END || !rsl_dtype_traits((int)to))
        return rsl_fail(RSL_EUNSUPPORTED, "casts to the ONNX type %lld are not offered",
                        (long long)to);
    return rsl_set_out(c, 0, (enum rsl_dtype)to, &c->in[0]->shape);
}

static int forward(const struct rsl_call *c) {
    rsl_tensor_cast(c->in[0], c->out[0]);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit_cast(b, b->dy[0], rsl_backward_in(b, 0)->dtype);
    return RSL_OK;
}

const struct rsl_op rsl_op_Cast = {
    .name = "Cast",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
