/* Gelu: y = x * Phi(x), Phi being the normal distribution function (Hendrycks & Gimpel 2016); with
 * approximate = "tanh" its published approximation. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

#include <string.h>

RSL_FLOATS(RSL_UNARY, gelu, x *(T)0.5 * (1 + erf(x * (T)0.70710678118654752440)))
RSL_FLOATS(RSL_UNARY, gelu_tanh,
           x *(T)0.5 * (1 + tanh((T)0.79788456080286535588 * (x + (T)0.044715 * x * x * x))))

static const struct rsl_kernels exact = {.f32 = gelu_f32, .f64 = gelu_f64};
static const struct rsl_kernels approximate = {.f32 = gelu_tanh_f32, .f64 = gelu_tanh_f64};

static int infer(struct rsl_call *c) {
    const char *how = rsl_node_string(c->node, "approximate", "none");
    if (strcmp(how, "none") != 0 && strcmp(how, "tanh") != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "approximate is '%s', known are none and tanh", how);
    return rsl_infer_elementwise(c, &exact);
}

static int forward(const struct rsl_call *c) {
    bool by_tanh = strcmp(rsl_node_string(c->node, "approximate", "none"), "tanh") == 0;
    return rsl_elementwise(c, by_tanh ? &approximate : &exact, NULL);
}

/* Phi(x) + x phi(x) */
static int exact_slope(struct rsl_backward *b, int x) {
    int erf = rsl_emit(b, "Erf", 1, rsl_emit_with(b, "Mul", x, 0.70710678118654752440));
    int phi = rsl_emit_with(b, "Mul", rsl_emit_with(b, "Add", erf, 1), 0.5);
    int power = rsl_emit_with(b, "Mul", rsl_emit(b, "Mul", 2, x, x), -0.5);
    int bell = rsl_emit_with(b, "Mul", rsl_emit(b, "Exp", 1, power), 0.39894228040143267794);
    return rsl_emit(b, "Add", 2, phi, rsl_emit(b, "Mul", 2, x, bell));
}

/* With t = tanh(u), u = k (x + c x^3): (1 + t) / 2 + x / 2 (1 - t^2) k (1 + 3 c x^2) */
static int approximate_slope(struct rsl_backward *b, int x) {
    const double k = 0.79788456080286535588, c = 0.044715;
    int square = rsl_emit(b, "Mul", 2, x, x);
    int cubic = rsl_emit_with(b, "Add", rsl_emit_with(b, "Mul", square, k * c), k);
    int t = rsl_emit(b, "Tanh", 1, rsl_emit(b, "Mul", 2, x, cubic));
    int half = rsl_emit_with(b, "Mul", rsl_emit_with(b, "Add", t, 1), 0.5);
    int rest = rsl_emit(b, "Sub", 2, rsl_emit_number(b, 0.5),
                        rsl_emit_with(b, "Mul", rsl_emit(b, "Mul", 2, t, t), 0.5));
    int du = rsl_emit_with(b, "Add", rsl_emit_with(b, "Mul", square, 3 * k * c), k);
    int inner = rsl_emit(b, "Mul", 2, rest, rsl_emit(b, "Mul", 2, x, du));
    return rsl_emit(b, "Add", 2, half, inner);
}

static int gradient(struct rsl_backward *b) {
    bool by_tanh = strcmp(rsl_node_string(&b->node, "approximate", "none"), "tanh") == 0;
    int x = b->node.in[0], slope = by_tanh ? approximate_slope(b, x) : exact_slope(b, x);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->dy[0], slope);
    return RSL_OK;
}

const struct rsl_op rsl_op_Gelu = {
    .name = "Gelu",
    .domain = "",
    .since = 20,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
