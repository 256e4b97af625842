/* See packed_call.h. */
#include "memory/packed_call.h"

#include "memory/packed_ends.h"
#include "ops/conv_geometry.h"

#include <math.h>
#include <string.h>

/* ---- where things are ---- */

static bool describe_conv(struct rsl_packed_layer *l, const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    if (rsl_conv_geometry(&g, c, 0, 1) < 0 || g.group != 1 || g.window.rank != 2) return false;
    l->images = g.batch;
    l->channels = g.in_channels;
    l->outputs = g.out_channels;
    for (int d = 0; d < 2; d++) {
        l->in[d] = g.window.in[d];
        l->out[d] = g.window.out[d];
        l->kernel[d] = g.window.kernel[d];
        l->stride[d] = g.window.stride[d];
        l->dilation[d] = g.window.dilation[d];
        l->pad_begin[d] = g.window.pad_begin[d];
        l->pad_end[d] = g.window.pad_end[d];
    }
    return true;
}

/* X times B', with B the weights, one row of them per output. */
static bool describe_product(struct rsl_packed_layer *l, const struct rsl_call *c) {
    if (!rsl_node_int(c->node, "transB", 0)) return false;
    l->images = c->out[0]->shape.dim[0];
    l->outputs = c->out[0]->shape.dim[1];
    l->channels = c->in[0]->shape.dim[1];
    for (int d = 0; d < 2; d++)
        l->in[d] = l->out[d] = l->kernel[d] = l->stride[d] = l->dilation[d] = 1;
    return true;
}

static bool has_elements(const struct rsl_packed_layer *l) {
    return l->images > 0 && l->channels > 0 && l->outputs > 0 && packed_pixels(l) > 0;
}

/* ---- floats ---- */

static bool take_activation(struct rsl_packed_floats *f, const struct rsl_node *n) {
    static const char *const names[] = {"", "Relu", "Clip", "LeakyRelu", "HardSwish"};
    const char *name = rsl_node_string(n, "activation", "");
    size_t i = 0, count = sizeof names / sizeof *names;
    while (i < count && strcmp(names[i], name) != 0) i++;
    f->activation = (enum rsl_packed_activation)i;
    f->alpha = rsl_node_float(n, "alpha", 0);
    f->beta = rsl_node_float(n, "beta", 0);
    return i < count;
}

/* Y = A B' + C with C absent, a bias, or one number for all outputs. */
static bool describe_gemm(struct rsl_packed_layer *l, const struct rsl_call *c) {
    const struct rsl_node *n = c->node;
    const struct rsl_tensor *bias = c->n_in > 2 ? c->in[2] : NULL;
    if (rsl_node_int(n, "transA", 0) || rsl_node_float(n, "alpha", 1) != 1 ||
        (bias && rsl_node_float(n, "beta", 1) != 1) || !describe_product(l, c))
        return false;
    if (!bias) return true;
    const struct rsl_shape *s = &bias->shape;
    l->floats.one_bias = rsl_shape_count(s) == 1;
    return l->floats.one_bias ||
           (s->rank > 0 && s->dim[s->rank - 1] == l->outputs && rsl_shape_count(s) == l->outputs);
}

/* Weights too large for f32, of scales that were struck, are infinite in the network of floats and
 * would be finite here, where scales are factors of double precision. */
static bool fit_into_floats(const struct rsl_packed *w) {
    const float largest = (float)(1 << w->storage.encoding.bits);
    for (int64_t c = 0; c < w->codes.channels; c++) {
        float zero = w->codes.zero_point ? w->codes.zero_point[c] : 0;
        if (!isfinite(w->codes.scale[c] * (largest + fabsf(zero)))) return false;
    }
    return true;
}

static bool describe_floats(struct rsl_packed_layer *l, const struct rsl_call *c) {
    const struct rsl_node *n = c->node;
    l->ends = &rsl_packed_float_ends;
    if (c->in[0]->dtype != RSL_f32 || !fit_into_floats(l->w)) return false;
    if (rsl_node_is(n, "Gemm")) return describe_gemm(l, c);
    return (rsl_node_is(n, "Conv") || rsl_node_is(n, "FusedConv")) && describe_conv(l, c) &&
           take_activation(&l->floats, n);
}

/* ---- integers ---- */

static bool is_integer(const struct rsl_node *n, const char *name) {
    return strcmp(n->op->domain, "resile") == 0 && strcmp(n->op->name, name) == 0;
}

static bool describe_integers(struct rsl_packed_layer *l, const struct rsl_packed_source *s,
                              const struct rsl_call *c) {
    struct rsl_packed_integers *i = &l->integers;
    const struct rsl_tensor *z = rsl_input(c, RSL_QLINEAR_RESIDUAL);
    bool conv = is_integer(c->node, "FusedQLinearConv");
    if (!conv && !is_integer(c->node, "FusedQLinearGemm")) return false;
    if (!(conv ? describe_conv(l, c) : describe_product(l, c)) ||
        rsl_qlinear_end(&i->end, c, l->outputs, &c->out[0]->shape) < 0)
        return false;
    l->ends = &rsl_packed_integer_ends;
    i->offset = s->offset;
    i->z_type = z ? z->dtype : RSL_u8;
    l->nothing = c->in[RSL_QLINEAR_X]->dtype == RSL_u8 ? -128 : 0;
    return true;
}

/* ---- both ---- */

bool rsl_packed_describe(struct rsl_packed_layer *l, const struct rsl_packed_source *s,
                         const struct rsl_call *c) {
    l->w = &s->packed;
    for (int i = 0; i < RSL_QLINEAR_INPUTS; i++) l->given[i] = rsl_input(c, i) != NULL;
    if (!rsl_packed_accepts(l->w)) return false;
    bool taken = s->gives == RSL_f32 ? describe_floats(l, c) : describe_integers(l, s, c);
    return taken && has_elements(l);
}

void rsl_packed_bind(struct rsl_packed_layer *l, void *const *in, void *out) {
    void *given[RSL_QLINEAR_INPUTS];
    for (int i = 0; i < RSL_QLINEAR_INPUTS; i++) given[i] = l->given[i] ? in[i] : NULL;
    if (l->ends == &rsl_packed_float_ends) {
        l->floats.x = given[0];
        l->floats.bias = given[2];
        l->floats.z = given[3];
        l->floats.y = out;
        return;
    }
    l->integers.x = given[RSL_QLINEAR_X];
    l->integers.multiplier = given[RSL_QLINEAR_MULTIPLIER];
    l->integers.bias = given[RSL_QLINEAR_BIAS];
    l->integers.zero = given[RSL_QLINEAR_ZERO];
    l->integers.z = given[RSL_QLINEAR_RESIDUAL];
    l->integers.y = out;
}
