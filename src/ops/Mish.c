/* Mish: y = x * tanh(softplus(x)) (Misra 2019). With e = exp(x) and n = e * (e + 2), the hyperbolic
 * tangent is n / (n + 2); it rounds to 1 from x = 20 on, where e^2 would overflow some day. */
#include "graph/gradient.h"
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

/* With t = tanh(softplus(x)): dx = dy (t + x (1 - t^2) sigmoid(x)) */
static int gradient(struct rsl_backward *b) {
    int x = b->node.in[0];
    int t = rsl_emit(b, "Tanh", 1, rsl_emit(b, "Softplus", 1, x));
    int square = rsl_emit(b, "Mul", 2, t, t);
    int rest = rsl_emit(b, "Sub", 2, rsl_emit_number(b, 1), square);
    int inner = rsl_emit(b, "Mul", 2, x, rsl_emit(b, "Sigmoid", 1, x));
    int slope = rsl_emit(b, "Add", 2, t, rsl_emit(b, "Mul", 2, rest, inner));
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], slope);
    return RSL_OK;
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
    .gradient = gradient,
};
