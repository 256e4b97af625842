/* Exp: y = e^x. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, exp, exp(x))

static const struct rsl_kernels kernels = {.f32 = exp_f32, .f64 = exp_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], b->node.out[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_Exp = {
    .name = "Exp",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
