/* FusedConv (domain resile): Y = act(conv(X, W) + B + Z), what rewriting makes of Conv, Add and an
 * activation.
 *
 * Inputs X, W, B (optional), Z (optional, of Y's shape). Attributes of Conv, and
 *   activation  "" (none), "Relu", "Clip", "LeakyRelu", "HardSwish"
 *   alpha, beta  Clip: lower and upper bound, none when left out; LeakyRelu: alpha is the slope
 * The reference rounds once, after the activation. NaN passes every activation. */
#include "ops/conv_reference.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct activation {
    const char *name;
    double (*f)(double x, double alpha, double beta);
    float alpha, beta; /* defaults */
};

static double identity(double x, double alpha, double beta) {
    (void)alpha, (void)beta;
    return x;
}

static double relu(double x, double alpha, double beta) {
    (void)alpha, (void)beta;
    return x < 0 ? 0 : x;
}

static double clip(double x, double alpha, double beta) {
    x = x < alpha ? alpha : x;
    return x > beta ? beta : x;
}

static double leaky_relu(double x, double alpha, double beta) {
    (void)beta;
    return x < 0 ? alpha * x : x;
}

static double hard_swish(double x, double alpha, double beta) {
    (void)alpha, (void)beta;
    return x * clip(x / 6 + 0.5, 0, 1);
}

static const struct activation activations[] = {
    {"", identity, 0, 0},
    {"Relu", relu, 0, 0},
    {"Clip", clip, -INFINITY, INFINITY},
    {"LeakyRelu", leaky_relu, 0.01F, 0},
    {"HardSwish", hard_swish, 0, 0},
};

static int find_activation(const struct rsl_node *n, struct activation *a) {
    const char *name = rsl_node_string(n, "activation", "");
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i].name, name) == 0) {
            *a = activations[i];
            a->alpha = rsl_node_float(n, "alpha", a->alpha);
            a->beta = rsl_node_float(n, "beta", a->beta);
            return RSL_OK;
        }
    return rsl_fail(RSL_EUNSUPPORTED, "attribute activation is '%s'", name);
}

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    struct activation a;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    for (int i = 1; i < c->n_in; i++) RSL_TRY(rsl_need_same_dtype(c, i));
    RSL_TRY(find_activation(c->node, &a));
    RSL_TRY(rsl_conv_geometry(&g, c, 0, 1));
    RSL_TRY(rsl_conv_need_bias(&g, c, 2));
    struct rsl_shape out = rsl_conv_out_shape(&g);
    if (c->n_in > 3 && c->in[3] && !rsl_shape_equal(&c->in[3]->shape, &out)) {
        char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_ESHAPE, "input 3 has shape %s, the output has %s",
                        rsl_shape_text(&c->in[3]->shape, have), rsl_shape_text(&out, need));
    }
    c->scratch_size = rsl_conv_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    struct rsl_conv_run r;
    struct activation a;
    const struct rsl_tensor *bias = c->n_in > 2 ? c->in[2] : NULL;
    const struct rsl_tensor *z = c->n_in > 3 ? c->in[3] : NULL;
    RSL_TRY(find_activation(c->node, &a));
    RSL_TRY(rsl_conv_geometry(&g, c, 0, 1));
    rsl_conv_start(&r, &g, c, 1);
    for (int64_t n = 0; n < g.batch; n++) {
        rsl_conv_image(&r, c->in[0], n);
        for (int64_t m = 0; m < g.out_channels; m++) {
            double *y = rsl_conv_plane(&r, m), b = bias ? rsl_tensor_double(bias, m) : 0;
            int64_t first = (n * g.out_channels + m) * r.n_plane;
            for (int64_t i = 0; i < r.n_plane; i++) {
                double sum = y[i] + b + (z ? rsl_tensor_double(z, first + i) : 0);
                y[i] = a.f(sum, (double)a.alpha, (double)a.beta);
            }
            rsl_conv_store(&r, c->out[0], n, m);
        }
    }
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_geometry(&g, c, 0, 1) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_FusedConv = {
    .name = "FusedConv",
    .domain = "resile",
    .in_min = 2,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
