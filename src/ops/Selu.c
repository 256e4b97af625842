/* Selu: y = gamma * x, or gamma * alpha * (e^x - 1) where x <= 0 (Klambauer et al. 2017). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, selu, (T)p[1] * (x <= 0 ? (T)p[0] * expm1(x) : x))

static const struct rsl_kernels kernels = {.f32 = selu_f32, .f64 = selu_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "alpha", 1.67326319217681884765625f),
                        rsl_node_float(c->node, "gamma", 1.05070102214813232421875f)};
    return rsl_elementwise(c, &kernels, p);
}

/* dx = gamma dy, or dy (y + gamma alpha) where x <= 0 */
static int gradient(struct rsl_backward *b) {
    double alpha = (double)rsl_node_float(&b->node, "alpha", 1.67326319217681884765625f);
    double gamma = (double)rsl_node_float(&b->node, "gamma", 1.05070102214813232421875f);
    int positive = rsl_emit_with(b, "Greater", b->node.in[0], 0);
    int slope = rsl_emit_with(b, "Add", b->node.out[0], gamma * alpha);
    int curved = rsl_emit(b, "Mul", 2, b->dy[0], slope);
    int straight = rsl_emit_with(b, "Mul", b->dy[0], gamma);
    b->dx[0] = rsl_emit(b, "Where", 3, positive, straight, curved);
    return RSL_OK;
}

const struct rsl_op rsl_op_Selu = {
    .name = "Selu",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
