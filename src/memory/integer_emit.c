/* The nodes of an integer network, one after the other from those of the fused float network. Each
 * value exists as floats, as integers, or both, made from one another where somebody asks. */
#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "memory/integer_builder.h"
#include "ops/fused_qlinear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- pieces of the new graph ---- */

static struct rsl_graph *graph(const struct integer_builder *b) {
    return &b->q->graph;
}

/* A zeroed constant with a name of its own. */
static int new_constant(const struct integer_builder *b, const char *stem, enum rsl_dtype dtype,
                        const struct rsl_shape *shape, void *data) {
    struct rsl_graph *g = graph(b);
    struct rsl_tensor t;
    RSL_TRY(rsl_tensor_new(&t, &g->arena, dtype, shape));
    int v = rsl_graph_fresh(g, stem);
    RSL_TRY(v);
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = t;
    memcpy(data, &t.data, sizeof t.data);
    return v;
}

static int scalar(const struct integer_builder *b, const char *stem, float value) {
    static const struct rsl_shape none;
    float *data;
    int v = new_constant(b, stem, RSL_f32, &none, &data);
    if (v >= 0) *data = value;
    return v;
}

static int add_node(const struct integer_builder *b, const char *domain, const char *op,
                    const char *name, const int *in, int n_in, int out) {
    return rsl_graph_add_node(graph(b), rsl_op_find(domain, op), name, in, n_in, &out, 1);
}

/* QuantizeLinear or DequantizeLinear by the value's scale; the zero point is a typed 0. */
static int convert(struct integer_builder *b, const char *op, int v, int from, int to) {
    const struct integer_value *root = rsl_integer_root(b, v);
    static const struct rsl_shape none;
    void *zero;
    int in[3] = {from, scalar(b, "scale", root->scale)};
    RSL_TRY(in[1]);
    in[2] = new_constant(b, "zero_point", root->type, &none, &zero);
    RSL_TRY(in[2]);
    return add_node(b, "", op, "", in, 3, to);
}

/* ---- values in either form ---- */

static const char *name_of(const struct integer_builder *b, int v) {
    return b->q->decoded.values.at[v].name;
}

static int as_float(struct integer_builder *b, int v) {
    struct integer_value *i = &b->values[v];
    const struct rsl_value *from = &b->q->decoded.values.at[v];
    if (i->as_float != RSL_ABSENT) return i->as_float;
    if (from->kind == RSL_VALUE_CONSTANT) {
        i->as_float = rsl_graph_add_constant(graph(b), from->name, &from->tensor);
        return i->as_float;
    }
    int to = rsl_graph_value(graph(b), from->name);
    RSL_TRY(to);
    RSL_TRY(convert(b, "DequantizeLinear", v, i->as_int, to));
    return i->as_float = to;
}

static int as_int(struct integer_builder *b, int v) {
    struct integer_value *i = &b->values[v];
    if (i->as_int != RSL_ABSENT) return i->as_int;
    int from = as_float(b, v), to = from < 0 ? from : rsl_graph_fresh(graph(b), name_of(b, v));
    RSL_TRY(to);
    RSL_TRY(convert(b, "QuantizeLinear", v, from, to));
    return i->as_int = to;
}

/* ---- nodes that stay, and nodes that carry ---- */

/* The node again, with attributes of its own, on other values. */
static int repeat(const struct integer_builder *b, const struct rsl_node *n, const int *in,
                  const int *out) {
    struct rsl_graph *g = graph(b);
    int node = rsl_graph_add_node(g, n->op, n->name, in, n->n_in, out, n->n_out);
    RSL_TRY(node);
    size_t bytes = (size_t)n->n_attrs * sizeof *n->attrs;
    struct rsl_node *copy = &g->nodes.at[node];
    copy->opset = n->opset;
    copy->n_attrs = n->n_attrs;
    copy->attrs = bytes ? rsl_arena_memdup(&g->arena, n->attrs, bytes) : NULL;
    return bytes && !copy->attrs ? RSL_ENOMEM : node;
}

/* A Dropout that only hands on: the operator itself knows no integers. */
static int emit_identity(struct integer_builder *b, const struct rsl_node *n) {
    int in = as_int(b, n->in[0]), out = rsl_graph_fresh(graph(b), name_of(b, n->out[0]));
    RSL_TRY(in);
    RSL_TRY(out);
    b->values[n->out[0]].as_int = out;
    return rsl_graph_add_node(graph(b), rsl_op_find("", "Identity"), n->name, &in, 1, &out, 1);
}

static int emit_repeated(struct integer_builder *b, const struct rsl_node *n, bool carry) {
    if (carry && rsl_node_is(n, "Dropout")) return emit_identity(b, n);
    struct rsl_arena *a = &graph(b)->arena;
    int *in = rsl_arena_array(a, (size_t)n->n_in + 1, sizeof *in);
    int *out = rsl_arena_array(a, (size_t)n->n_out + 1, sizeof *out);
    if (!in || !out) return RSL_ENOMEM;
    bool concat = rsl_node_is(n, "Concat"), pad = rsl_node_is(n, "Pad");
    for (int i = 0; i < n->n_in; i++) {
        bool absent = n->in[i] == RSL_ABSENT || (carry && pad && i == 2); /* a float 0 */
        bool integer = carry && (i == 0 || concat);
        in[i] = absent ? RSL_ABSENT : integer ? as_int(b, n->in[i]) : as_float(b, n->in[i]);
        if (!absent) RSL_TRY(in[i]);
    }
    for (int i = 0; i < n->n_out; i++) {
        out[i] = RSL_ABSENT;
        if (n->out[i] == RSL_ABSENT) continue;
        struct integer_value *v = &b->values[n->out[i]];
        out[i] = carry ? rsl_graph_fresh(graph(b), name_of(b, n->out[i]))
                       : rsl_graph_value(graph(b), name_of(b, n->out[i]));
        RSL_TRY(out[i]);
        *(carry ? &v->as_int : &v->as_float) = out[i];
    }
    return repeat(b, n, in, out);
}

static int emit_mean(struct integer_builder *b, const struct rsl_node *n) {
    const struct rsl_shape *x = &b->q->decoded.values.at[n->in[0]].tensor.shape;
    const struct integer_value *from = rsl_integer_root(b, n->in[0]),
                               *to = rsl_integer_root(b, n->out[0]);
    double area = (double)rsl_shape_span(x, 2, x->rank);
    int in = as_int(b, n->in[0]);
    int out = in < 0 ? in : rsl_graph_fresh(graph(b), name_of(b, n->out[0]));
    RSL_TRY(out);
    int node = add_node(b, "resile", "QLinearGlobalAveragePool", n->name, &in, 1, out);
    RSL_TRY(node);
    b->values[n->out[0]].as_int = out;
    RSL_TRY(rsl_node_set_int(graph(b), node, "to", to->type));
    return rsl_node_set_float(graph(b), node, "multiplier",
                              (float)((double)from->scale / ((double)to->scale * area)));
}

/* ---- layers ---- */

/* The tensor of the image is used so. */
static int add_use(struct integer_builder *b, int tensor, int layer, enum integer_part part,
                   int value) {
    struct integer_use *u = rsl_arena_alloc(&graph(b)->arena, sizeof *u);
    if (!u) return RSL_ENOMEM;
    *u = (struct integer_use){layer, part, value, b->q->tensors[tensor].uses};
    b->q->tensors[tensor].uses = u;
    return RSL_OK;
}

/* Which tensor of the image has the constant: one that is a bias here and a norm's shift there is
 * among the norms. */
static int parameter_of(const struct integer_builder *b, const char *name) {
    int tensor = rsl_memory_find(b->image, RSL_REGION_BIASES, name);
    return tensor != RSL_ABSENT ? tensor : rsl_memory_find(b->image, RSL_REGION_NORMS, name);
}

/* One number per channel, from the constant of that name. */
static int take_part(struct integer_builder *b, struct rsl_integer_layer *l, enum integer_part p,
                     const char *name) {
    if (!*name) return RSL_OK;
    const struct rsl_graph *d = &b->q->decoded;
    const struct rsl_tensor *t = &d->values.at[rsl_graph_find(d, name)].tensor;
    l->part[p] = rsl_arena_memdup(&graph(b)->arena, t->data, rsl_tensor_bytes(t));
    if (!l->part[p]) return RSL_ENOMEM;
    int tensor = parameter_of(b, name);
    return tensor == RSL_ABSENT ? RSL_OK : add_use(b, tensor, b->q->n_layers, p, RSL_ABSENT);
}

static int take_learnt(struct integer_builder *b, struct rsl_integer_layer *l,
                       const struct rsl_node *n) {
    const struct rsl_attr *from = rsl_node_attr(n, "folded_from");
    if (!from) {
        int bias = integer_input(n, 2);
        return take_part(b, l, PART_BIAS, bias == RSL_ABSENT ? "" : name_of(b, bias));
    }
    RSL_TRY(take_part(b, l, PART_BIAS, from->strings[1]));
    for (int i = 0; i < 4; i++)
        RSL_TRY(take_part(b, l, (enum integer_part)(PART_NORM_SCALE + i), from->strings[2 + i]));
    l->epsilon = (double)rsl_node_float(n, "folded_epsilon", 1e-5F);
    return RSL_OK;
}

/* Scales and zero points, each channel its own. */
static int take_grid(struct integer_builder *b, struct rsl_integer_layer *l,
                     const struct rsl_memory_tensor *t) {
    const struct rsl_codes *c = &t->codes;
    struct rsl_arena *a = &graph(b)->arena;
    size_t n = (size_t)l->channels;
    if (c->channels != 1 && c->channels != l->channels)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "the scales of weights '%s' do not belong to its %d outputs", t->name,
                        l->channels);
    bool zeros = c->zero_point != NULL;
    l->part[PART_SCALE] = rsl_arena_array(a, n, sizeof(float));
    if (zeros) l->part[PART_ZERO] = rsl_arena_array(a, n, sizeof(float));
    if (zeros) l->offset = rsl_arena_array(a, n, sizeof(float));
    if (!l->part[PART_SCALE] || (zeros && (!l->part[PART_ZERO] || !l->offset))) return RSL_ENOMEM;
    for (int m = 0; m < l->channels; m++) {
        int64_t k = c->channels == 1 ? 0 : m;
        l->part[PART_SCALE][m] = rsl_cells_value(b->cells, t->scales, k);
        if (!zeros) continue;
        l->part[PART_ZERO][m] = rsl_cells_value(b->cells, t->zero_points, k);
        l->offset[m] = rsl_integer_offset(l, l->part[PART_ZERO][m]);
    }
    return RSL_OK;
}

/* Which elements of the weights belong to which output. */
static int take_shape(struct rsl_integer_layer *l, const struct rsl_node *n,
                      const struct rsl_memory_tensor *t) {
    bool rows =
        !rsl_node_is(n, "MatMul") && (!rsl_node_is(n, "Gemm") || rsl_node_int(n, "transB", 0));
    int axis = rows ? 0 : t->shape.rank - 1;
    if (t->shape.dim[axis] > 1 << 30 || t->shape.dim[axis] < 1)
        return rsl_fail(RSL_EUNSUPPORTED, "weights '%s' have %lld outputs", t->name,
                        (long long)t->shape.dim[axis]);
    l->channels = (int)t->shape.dim[axis];
    l->step = rows ? 0 : 1;
    l->each = t->count / l->channels;
    bool along = t->codes.channels == 1 || t->storage.encoding.axis == axis;
    return along ? RSL_OK
                 : rsl_fail(RSL_EUNSUPPORTED,
                            "the scales of weights '%s' run along axis %d, its outputs along %d",
                            t->name, t->storage.encoding.axis, axis);
}

static int make_constants(struct integer_builder *b, struct rsl_integer_layer *l,
                          const struct rsl_memory_tensor *t, int tensor) {
    struct rsl_shape channels = {1, {l->channels}};
    char stem[256];
    uint8_t *codes = rsl_malloc((size_t)t->count);
    if (!codes) return RSL_ENOMEM;
    rsl_cells_codes(b->cells, tensor, codes);
    l->zero = RSL_ABSENT;
    snprintf(stem, sizeof stem, "%.200s:codes", t->name);
    int rc = l->w = new_constant(b, stem, RSL_i8, &t->shape, &l->w_data);
    if (rc >= 0)
        rc = l->multiplier = new_constant(b, "multiplier", RSL_f32, &channels, &l->multiplier_data);
    if (rc >= 0) rc = l->bias = new_constant(b, "integer_bias", RSL_f32, &channels, &l->bias_data);
    if (rc >= 0 && l->offset)
        rc = l->zero = new_constant(b, "integer_zero", RSL_i32, &channels, &l->zero_data);
    if (rc >= 0)
        for (int64_t i = 0; i < t->count; i++)
            l->w_data[i] = rsl_integer_weight(l, integer_channel(l, i), codes[i]);
    rsl_free(codes);
    RSL_TRY(rc);
    for (int m = 0; m < l->channels; m++) {
        struct integer_constants c = rsl_integer_constants(l, m);
        l->multiplier_data[m] = c.multiplier;
        l->bias_data[m] = c.bias;
        if (l->zero_data) l->zero_data[m] = c.zero;
    }
    return RSL_OK;
}

static int make_layer(struct integer_builder *b, struct rsl_integer_layer *l,
                      const struct rsl_node *n) {
    int tensor = rsl_integer_weights_of(b, n);
    const struct rsl_memory_tensor *t = &b->image->tensors[tensor];
    l->bits = t->storage.encoding.bits;
    l->is_signed = t->storage.encoding.kind->is_signed;
    RSL_TRY(take_shape(l, n, t));
    RSL_TRY(take_grid(b, l, t));
    RSL_TRY(take_learnt(b, l, n));
    RSL_TRY(make_constants(b, l, t, tensor));
    b->q->tensors[tensor].scales = t->scales;
    b->q->tensors[tensor].zero_points = t->zero_points;
    b->q->tensors[tensor].codes = t->codes;
    return add_use(b, tensor, b->q->n_layers, PARTS, RSL_ABSENT);
}

/* What an activation means for the layer before it. */
enum ending { END_NONE, END_RELU, END_APART };

static enum ending ending_of(struct integer_builder *b, size_t i) {
    const struct rsl_node *n = &b->q->decoded.nodes.at[i];
    const char *activation = rsl_node_string(n, "activation", "");
    const struct integer_value *out = rsl_integer_root(b, n->out[0]);
    bool integer = b->values[n->out[0]].wanted && out->type == RSL_u8;
    if (b->relu[i] != RSL_ABSENT) return END_RELU;
    if (!*activation) return END_NONE;
    if (strcmp(activation, "Relu") == 0) return END_RELU;
    /* A bound at or above the largest integer is that integer. */
    bool saturates = integer && rsl_node_float(n, "alpha", 1) == 0 &&
                     255 * out->scale <= rsl_node_float(n, "beta", 0) * 1.0001F;
    return strcmp(activation, "Clip") == 0 && saturates ? END_RELU : END_APART;
}

static int copy_geometry(const struct integer_builder *b, const struct rsl_node *n, int node) {
    static const char *const lists[] = {"strides", "pads", "dilations", "kernel_shape"};
    struct rsl_graph *g = graph(b);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t count;
        const int64_t *values = rsl_node_ints(n, lists[i], &count);
        if (values) RSL_TRY(rsl_node_set_ints(g, node, lists[i], values, count));
    }
    RSL_TRY(rsl_node_set_string(g, node, "auto_pad", rsl_node_string(n, "auto_pad", "NOTSET")));
    return rsl_node_set_int(g, node, "group", rsl_node_int(n, "group", 1));
}

/* The layer's node, whose output is value `out` of the new graph. */
static int add_layer(struct integer_builder *b, const struct rsl_node *n,
                     const struct rsl_integer_layer *l, int x, int residual, int out,
                     enum rsl_dtype to, bool relu, float residual_scale) {
    struct rsl_graph *g = graph(b);
    bool conv = strstr(n->op->name, "Conv") != NULL;
    int in[RSL_QLINEAR_INPUTS] = {x, l->w, l->multiplier, l->bias, l->zero, residual};
    int node = add_node(b, "resile", conv ? "FusedQLinearConv" : "FusedQLinearGemm", n->name, in,
                        residual == RSL_ABSENT ? RSL_QLINEAR_RESIDUAL : RSL_QLINEAR_INPUTS, out);
    RSL_TRY(node);
    if (conv) RSL_TRY(copy_geometry(b, n, node));
    if (!conv) RSL_TRY(rsl_node_set_int(g, node, "transB", l->step == 0));
    RSL_TRY(rsl_node_set_int(g, node, "to", to));
    RSL_TRY(rsl_node_set_string(g, node, "activation", relu ? "Relu" : ""));
    return residual == RSL_ABSENT ? RSL_OK
                                  : rsl_node_set_float(g, node, "residual_scale", residual_scale);
}

/* The activation of a FusedConv as a node of its own, in floats. */
static int add_activation(struct integer_builder *b, const struct rsl_node *n, int from, int to) {
    const char *name = rsl_node_string(n, "activation", "");
    int in[3] = {from, RSL_ABSENT, RSL_ABSENT}, count = 1;
    if (strcmp(name, "Clip") == 0) {
        RSL_TRY(in[1] = scalar(b, "clip_low", rsl_node_float(n, "alpha", -INFINITY)));
        RSL_TRY(in[2] = scalar(b, "clip_high", rsl_node_float(n, "beta", INFINITY)));
        count = 3;
    }
    int node = add_node(b, "", name, "", in, count, to);
    RSL_TRY(node);
    return strcmp(name, "LeakyRelu") != 0
               ? RSL_OK
               : rsl_node_set_float(graph(b), node, "alpha", rsl_node_float(n, "alpha", 0.01F));
}

static int emit_layer(struct integer_builder *b, size_t i) {
    const struct rsl_node *n = &b->q->decoded.nodes.at[i];
    struct rsl_integer_layer *l = &b->q->layers[b->q->n_layers];
    int result = rsl_integer_output(b, i);
    struct integer_value *value = &b->values[result];
    const struct integer_value *root = rsl_integer_root(b, result);
    enum ending ending = ending_of(b, i);
    bool integer = value->wanted && ending != END_APART;
    int z = rsl_integer_residual(n), residual = RSL_ABSENT, x = as_int(b, n->in[0]);
    RSL_TRY(x);
    if (z != RSL_ABSENT) RSL_TRY(residual = as_int(b, z));
    double out_scale = integer ? (double)root->scale : 1;
    double z_scale = z == RSL_ABSENT ? out_scale : (double)rsl_integer_root(b, z)->scale;
    l->x_scale = (double)rsl_integer_root(b, n->in[0])->scale;
    l->unit = z_scale;
    l->to_float = !integer;
    RSL_TRY(make_layer(b, l, n));
    b->q->n_layers++;
    int out = integer || ending == END_APART ? rsl_graph_fresh(graph(b), name_of(b, result))
                                             : rsl_graph_value(graph(b), name_of(b, result));
    RSL_TRY(out);
    RSL_TRY(add_layer(b, n, l, x, residual, out, integer ? root->type : RSL_f32, ending == END_RELU,
                      (float)(z_scale / out_scale)));
    if (integer) {
        value->as_int = out;
        return RSL_OK;
    }
    value->as_float = out;
    if (ending != END_APART) return RSL_OK;
    int activated = rsl_graph_value(graph(b), name_of(b, result));
    RSL_TRY(activated);
    value->as_float = activated;
    return add_activation(b, n, out, activated);
}

/* ---- all nodes ---- */

static int emit_inputs(struct integer_builder *b) {
    const struct rsl_graph *d = &b->q->decoded;
    for (size_t i = 0; i < d->inputs.n; i++) {
        int v = d->inputs.at[i];
        /* With the batch open again, if it was. */
        const struct rsl_tensor *t = &b->source->values.at[b->source->inputs.at[i]].tensor;
        b->values[v].as_float = rsl_graph_add_input(graph(b), name_of(b, v), t->dtype, &t->shape);
        RSL_TRY(b->values[v].as_float);
    }
    return RSL_OK;
}

static int emit_node(struct integer_builder *b, size_t i) {
    const struct rsl_node *n = &b->q->decoded.nodes.at[i];
    switch (b->form[i]) {
        case FORM_LAYER:
            return emit_layer(b, i);
        case FORM_TAKEN:
            return RSL_OK;
        case FORM_MEAN:
            return emit_mean(b, n);
        default:
            return emit_repeated(b, n, b->form[i] == FORM_CARRY);
    }
}

/* Parameters that float operators use are constants of the new graph under their own names. Those
 * that are in neither form were folded where changes cannot follow. */
static int use_floats(struct integer_builder *b) {
    for (int i = 0; i < b->image->n; i++) {
        const struct rsl_memory_tensor *t = &b->image->tensors[i];
        if (t->region == RSL_REGION_SCALES || t->region == RSL_REGION_ZERO_POINTS) continue;
        int v = rsl_graph_find(graph(b), t->name);
        if (v != RSL_ABSENT && graph(b)->values.at[v].kind == RSL_VALUE_CONSTANT)
            RSL_TRY(add_use(b, i, RSL_ABSENT, PARTS, v));
        if (!b->q->tensors[i].uses && t->node)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "node '%s' cannot compute in integers on the codes of its weights '%s'",
                            t->node, t->name);
    }
    return RSL_OK;
}

int rsl_integer_emit(struct integer_builder *b) {
    const struct rsl_graph *d = &b->q->decoded;
    graph(b)->name = d->name;
    RSL_TRY(emit_inputs(b));
    for (size_t i = 0; i < d->nodes.n; i++) {
        int rc = emit_node(b, i);
        if (rc < 0)
            return rsl_fail_in(rc, "node '%s' (%s)", d->nodes.at[i].name, d->nodes.at[i].op->name);
    }
    for (size_t i = 0; i < d->outputs.n; i++) {
        int out = as_float(b, d->outputs.at[i]);
        RSL_TRY(out);
        RSL_TRY(rsl_graph_add_output(graph(b), out));
    }
    RSL_TRY(use_floats(b));
    return rsl_graph_check(graph(b));
}
