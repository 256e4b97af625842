/* Neg: y = -x. The least value of a signed integer type stays as it is (it wraps). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, neg, -x)
RSL_UNARY(neg_i64, int64_t, 0 - (uint64_t)x)

static const struct rsl_kernels kernels = {.f32 = neg_f32, .f64 = neg_f64, .i64 = neg_i64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "Neg", 1, b->dy[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_Neg = {
    .name = "Neg",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
