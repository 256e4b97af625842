/* Tanh: the hyperbolic tangent. For float it is (1 - e) / (1 + e) with e = exp(-2|x|) in double,
 * right to the last place or next to it and several times faster than tanhf; near 0, where 1 - e
 * cancels, the series x - x^3 / 3. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

static double tanh_for_float(double x) {
    if (fabs(x) < 1e-4) return x - x * x * x / 3;
    double e = exp(-2 * fabs(x));
    return copysign((1 - e) / (1 + e), x);
}

RSL_UNARY(tanh_f32, float, tanh_for_float(x))
RSL_UNARY(tanh_f64, double, tanh(x))

static const struct rsl_kernels kernels = {.f32 = tanh_f32, .f64 = tanh_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = dy (1 - y^2) */
static int gradient(struct rsl_backward *b) {
    int square = rsl_emit(b, "Mul", 2, b->node.out[0], b->node.out[0]);
    int slope = rsl_emit(b, "Sub", 2, rsl_emit_number(b, 1), square);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], slope);
    return RSL_OK;
}

const struct rsl_op rsl_op_Tanh = {
    .name = "Tanh",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
