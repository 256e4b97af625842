/* The back end of packed weights: StoredWeights, and Conv, FusedConv and Gemm that read its output
 * as it is. */
#include "base/status.h"
#include "graph/kernel.h"
#include "memory/packed_graph.h"
#include "memory/packed_layer.h"
#include "ops/conv_geometry.h"

#include <math.h>
#include <string.h>

struct layout {
    struct rsl_layout base;
    struct rsl_packed packed;
};

struct kernel {
    struct rsl_kernel base;
    struct rsl_packed_layer layer;
    int bias, z; /* inputs, or RSL_ABSENT */
};

/* ---- the bits: nothing moves ---- */

static int bind_nothing(struct rsl_kernel *k, void *const *in, void *const *out, void *scratch) {
    (void)k, (void)in, (void)out, (void)scratch;
    return RSL_OK;
}

static int run_nothing(struct rsl_kernel *k) {
    (void)k;
    return RSL_OK;
}

static int offer_bits(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct layout *l = rsl_arena_alloc(rq->arena, sizeof *l);
    *kernel = rsl_arena_alloc(rq->arena, sizeof **kernel);
    if (!l || !*kernel) return RSL_ENOMEM;
    RSL_TRY(rsl_packed_of(&l->packed, rq->call));
    l->base = (struct rsl_layout){.bytes = 64, .dtype = RSL_u8, .backend = &rsl_backend_packed};
    **kernel = (struct rsl_kernel){.name = "packed bits", .bind = bind_nothing, .run = run_nothing};
    rq->out_layout[0] = &l->base;
    for (int i = 0; i < rq->call->n_in; i++) rq->in_layout[i] = NULL;
    return RSL_OK;
}

/* ---- decoding for others ---- */

struct decoder {
    struct rsl_kernel base;
    const struct rsl_packed *packed;
    float *out;
};

static int bind_decoder(struct rsl_kernel *k, void *const *in, void *const *out, void *scratch) {
    (void)in, (void)scratch;
    ((struct decoder *)k)->out = out[0];
    return RSL_OK;
}

static int run_decoder(struct rsl_kernel *k) {
    const struct decoder *d = (const struct decoder *)k;
    rsl_packed_values(d->packed, d->out);
    return RSL_OK;
}

static int to_plain(struct rsl_arena *arena, const struct rsl_layout *from,
                    const struct rsl_tensor *t, struct rsl_kernel **kernel) {
    struct decoder *d = rsl_arena_alloc(arena, sizeof *d);
    if (!d) return RSL_ENOMEM;
    (void)t;
    d->base =
        (struct rsl_kernel){.name = "packed decode", .bind = bind_decoder, .run = run_decoder};
    d->packed = &((const struct layout *)from)->packed;
    *kernel = &d->base;
    return RSL_OK;
}

/* ---- layers ---- */

static int bind_layer(struct rsl_kernel *base, void *const *in, void *const *out, void *scratch) {
    struct kernel *k = (struct kernel *)base;
    k->layer.x = in[0];
    k->layer.bias = k->bias == RSL_ABSENT ? NULL : in[k->bias];
    k->layer.z = k->z == RSL_ABSENT ? NULL : in[k->z];
    k->layer.y = out[0];
    rsl_packed_layer_bind(&k->layer, scratch);
    return RSL_OK;
}

static int run_layer(struct rsl_kernel *base) {
    rsl_packed_layer_run(&((struct kernel *)base)->layer);
    return RSL_OK;
}

static bool take_activation(struct rsl_packed_layer *l, const struct rsl_node *n) {
    static const char *const names[] = {"", "Relu", "Clip", "LeakyRelu", "HardSwish"};
    const char *name = rsl_node_string(n, "activation", "");
    size_t i = 0, count = sizeof names / sizeof *names;
    while (i < count && strcmp(names[i], name) != 0) i++;
    l->activation = (enum rsl_packed_activation)i;
    l->alpha = rsl_node_float(n, "alpha", 0);
    l->beta = rsl_node_float(n, "beta", 0);
    return i < count;
}

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
    return take_activation(l, c->node);
}

/* Y = A B' + C with B the weights, one row of them per output, and C absent, a bias, or one number
 * for all outputs. */
static bool describe_gemm(struct rsl_packed_layer *l, const struct rsl_call *c) {
    const struct rsl_node *n = c->node;
    const struct rsl_tensor *bias = c->n_in > 2 ? c->in[2] : NULL;
    if (rsl_node_int(n, "transA", 0) || !rsl_node_int(n, "transB", 0) ||
        rsl_node_float(n, "alpha", 1) != 1 || (bias && rsl_node_float(n, "beta", 1) != 1))
        return false;
    l->images = c->out[0]->shape.dim[0];
    l->outputs = c->out[0]->shape.dim[1];
    l->channels = c->in[0]->shape.dim[1];
    for (int d = 0; d < 2; d++)
        l->in[d] = l->out[d] = l->kernel[d] = l->stride[d] = l->dilation[d] = 1;
    if (!bias) return true;
    const struct rsl_shape *s = &bias->shape;
    l->one_bias = rsl_shape_count(s) == 1;
    return l->one_bias ||
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

static bool has_elements(const struct rsl_packed_layer *l) {
    return l->images > 0 && l->channels > 0 && l->outputs > 0 && l->out[0] * l->out[1] > 0;
}

static int offer_layer(struct rsl_kernel_request *rq, const struct layout *weights, bool conv,
                       struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct kernel *k = rsl_arena_alloc(rq->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    struct rsl_packed_layer *l = &k->layer;
    l->w = &weights->packed;
    l->cpu = rsl_packed_best();
    l->threads = rq->threads;
    if (!rsl_packed_accepts(l->w) || c->in[0]->dtype != RSL_f32) return RSL_OK;
    if (!fit_into_floats(l->w)) return RSL_OK;
    if (!(conv ? describe_conv(l, c) : describe_gemm(l, c)) || !has_elements(l)) return RSL_OK;
    int rc;
    if (!rsl_packed_layer_plan(l, rq->arena, &rc)) return rc;
    k->bias = c->n_in > 2 && c->in[2] ? 2 : RSL_ABSENT;
    k->z = c->n_in > 3 && c->in[3] ? 3 : RSL_ABSENT;
    k->base.name = l->cpu->kernel;
    k->base.bind = bind_layer;
    k->base.run = run_layer;
    for (int i = 0; i < c->n_in; i++)
        if (i != 1) rq->in_layout[i] = NULL;
    rq->scratch = l->scratch;
    *kernel = &k->base;
    return RSL_OK;
}

static int select(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_node *n = rq->call->node;
    const struct rsl_layout *weights = n->n_in > 1 ? rq->in_layout[1] : NULL;
    if (n->op == &rsl_op_StoredWeights) return offer_bits(rq, kernel);
    if (!weights || weights->backend != &rsl_backend_packed) return RSL_OK;
    bool conv = rsl_node_is(n, "Conv") || rsl_node_is(n, "FusedConv");
    if (!conv && !rsl_node_is(n, "Gemm")) return RSL_OK;
    return offer_layer(rq, (const struct layout *)weights, conv, kernel);
}

const struct rsl_backend rsl_backend_packed = {
    .name = "packed",
    .select = select,
    .to_plain = to_plain,
};
