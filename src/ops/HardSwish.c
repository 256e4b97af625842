/* HardSwish: y = x * max(0, min(1, x / 6 + 1 / 2)) (Howard et al. 2019). NaN stays NaN. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, hardswish, x *RSL_CUT(x / 6 + (T)0.5))

static const struct rsl_kernels kernels = {.f32 = hardswish_f32, .f64 = hardswish_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "HardSwishGrad", 2, b->dy[0], b->node.in[0]);
    return RSL_OK;
}

const struct rsl_op rsl_op_HardSwish = {
    .name = "HardSwish",
    .domain = "",
    .since = 14,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
