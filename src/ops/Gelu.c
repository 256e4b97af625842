/* Gelu: y = x * Phi(x), Phi being the normal distribution function (Hendrycks & Gimpel 2016); with
 * approximate = "tanh" its published approximation. */
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
};
