/* Mish: y = x * tanh(softplus(x)) (Misra 2019). With e = exp(x) and n = e * (e + 2), the hyperbolic
 * tangent is n / (n + 2); it rounds to 1 from x = 20 on, where e^2 would overflow some day. */
#include "ops/elementwise.h"

static double mish(double x) {
    if (x > 20) return x;
    double e = exp(x), n = e * (e + 2);
    return x * (n / (n + 2));
}

RSL_FLOATS(RSL_UNARY, mish, mish(x))

static const struct rsl_kernels kernels = {.f32 = mish_f32, .f64 = mish_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

const struct rsl_op rsl_op_Mish = {
    .name = "Mish",
    .domain = "",
    .since = 18,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
