/* Relu: y = x > 0 ? x : 0. NaN stays NaN (x < 0 ? 0 : x), as in PyTorch and ONNX Runtime: a fault
 * that makes a NaN must not disappear here. */
#include "ops/unary.h"

static double relu(double x, const struct rsl_node *n) {
    (void)n;
    return x < 0 ? 0 : x;
}

static int forward(const struct rsl_call *c) {
    return rsl_unary(c, relu);
}

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 i16 i32 i64"));
    return rsl_infer_same(c);
}

const struct rsl_op rsl_op_Relu = {
    .name = "Relu",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
