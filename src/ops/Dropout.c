/* Dropout at inference: y = x, and a mask that keeps everything. Training mode with a ratio other
 * than 0 is refused: which elements ONNX would drop is not specified. */
#include "graph/gradient.h"
#include "ops/op.h"

static bool has(const struct rsl_call *c, int i) {
    return i < c->n_in && c->in[i] && rsl_tensor_count(c->in[i]) == 1;
}

/* ratio and training_mode are inputs from opset 12 on; before, a node is for inference. */
static bool drops(const struct rsl_call *c) {
    bool training = has(c, 2) && rsl_tensor_double(c->in[2], 0) != 0;
    return training && (has(c, 1) ? rsl_tensor_double(c->in[1], 0) : 0.5) != 0;
}

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    if (c->opset < 12 && c->n_in > 1)
        return rsl_fail(RSL_EGRAPH, "ratio is an attribute before opset 12, not an input");
    if (drops(c))
        return rsl_fail(RSL_EUNSUPPORTED,
                        "training mode drops elements at random; only ratio 0 is offered");
    enum rsl_dtype mask = c->opset < 10 ? c->in[0]->dtype : RSL_bool;
    RSL_TRY(rsl_set_out(c, 1, mask, &c->in[0]->shape));
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    rsl_tensor_cast(c->in[0], c->out[0]);
    if (c->n_out < 2 || !c->out[1]) return RSL_OK;
    struct rsl_tensor *mask = c->out[1];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)mask->dtype);
    const double one = 1;
    for (int64_t i = 0, n = rsl_tensor_count(mask); i < n; i++)
        t->from_double(&one, (char *)mask->data + (size_t)i * t->bytes, 1);
    return RSL_OK;
}

const struct rsl_op rsl_op_Dropout = {
    .name = "Dropout",
    .domain = "",
    .in_min = 1,
    .in_max = 3,
    .out_min = 1,
    .out_max = 2,
    .value_inputs = 1 << 1 | 1 << 2, /* ratio, training_mode */
    .alias = true,
    .infer = infer,
    .forward = forward,
    .gradient = rsl_gradient_identity,
};
