/* HardSwishGrad: dX = dY times 0 for X <= -3, X / 3 + 1 / 2 up to 3, 1 from there on; inputs dY, X.
 */
#include "ops/elementwise.h"

#define SLOPE(x) ((x) <= -3 ? 0 : (x) >= 3 ? 1 : (x) / 3 + (T)0.5)
RSL_FLOATS(RSL_BINARY, hardswish_grad, a *SLOPE(b))

static const struct rsl_kernels kernels = {.f32 = hardswish_grad_f32, .f64 = hardswish_grad_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_HardSwishGrad = {
    .name = "HardSwishGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
