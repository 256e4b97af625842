/* Integer networks: decoding the image, finding the layers, choosing scales. See
 * integer_network.h. */
#include "memory/integer_network.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/fuse.h"
#include "graph/op.h"
#include "memory/integer_builder.h"

#include <math.h>

/* ---- the float network as the image reads ---- */

static int decode_tensor(struct rsl_graph *g, const struct rsl_cells *cells,
                         const struct rsl_memory_tensor *t, int tensor) {
    struct rsl_tensor *to = &g->values.at[t->value].tensor, decoded;
    float *values = rsl_malloc((size_t)t->count * sizeof *values);
    if (!values) return RSL_ENOMEM;
    int rc = rsl_tensor_new(&decoded, &g->arena, to->dtype, &to->shape);
    rsl_cells_values(cells, tensor, values, NULL);
    if (rc == RSL_OK) {
        struct rsl_tensor from = {.dtype = RSL_f32, .shape = to->shape, .data = values};
        rsl_tensor_cast(&from, &decoded);
        *to = decoded;
    }
    rsl_free(values);
    return rc;
}

static int decode(struct rsl_graph *dst, const struct rsl_graph *src,
                  const struct rsl_memory *image, const struct rsl_cells *cells) {
    RSL_TRY(rsl_graph_copy(dst, src));
    for (int i = 0; i < image->n; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        if (t->region == RSL_REGION_SCALES || t->region == RSL_REGION_ZERO_POINTS) continue;
        RSL_TRY(decode_tensor(dst, cells, t, i));
    }
    return RSL_OK;
}

int rsl_memory_decode_graph(struct rsl_graph *dst, const struct rsl_graph *src,
                            const struct rsl_memory *image) {
    struct rsl_cells *cells;
    RSL_TRY(rsl_cells_new(&cells, image));
    int rc = decode(dst, src, image, cells);
    rsl_cells_free(cells);
    if (rc < 0) rsl_graph_free(dst);
    return rc;
}

/* ---- which nodes become what ---- */

static bool is_conv(const struct rsl_node *n) {
    return rsl_node_is(n, "Conv") || rsl_node_is(n, "FusedConv");
}

int rsl_integer_residual(const struct rsl_node *n) {
    return rsl_node_is(n, "FusedConv") ? integer_input(n, 3) : RSL_ABSENT;
}

int rsl_integer_weights_of(const struct integer_builder *b, const struct rsl_node *n) {
    const struct rsl_attr *from = rsl_node_attr(n, "folded_from");
    int w = integer_input(n, 1);
    if (w == RSL_ABSENT) return RSL_ABSENT;
    const char *name = from ? from->strings[0] : b->q->decoded.values.at[w].name;
    return rsl_memory_find(b->image, RSL_REGION_WEIGHTS, name);
}

static const struct rsl_tensor *tensor_of(const struct integer_builder *b, int v) {
    return v == RSL_ABSENT ? NULL : &b->q->decoded.values.at[v].tensor;
}

static bool is_constant(const struct integer_builder *b, int v) {
    return b->q->decoded.values.at[v].kind == RSL_VALUE_CONSTANT || tensor_of(b, v)->data;
}

/* X times constant weights, plus one bias per column. */
static bool is_linear(const struct integer_builder *b, const struct rsl_node *n) {
    const struct rsl_tensor *x = tensor_of(b, n->in[0]), *w = tensor_of(b, n->in[1]);
    if (x->shape.rank != 2 || w->shape.rank != 2) return false;
    if (rsl_node_is(n, "MatMul")) return true;
    if (!rsl_node_is(n, "Gemm") || rsl_node_int(n, "transA", 0) ||
        rsl_node_float(n, "alpha", 1) != 1)
        return false;
    const struct rsl_tensor *c = tensor_of(b, integer_input(n, 2));
    int64_t columns = w->shape.dim[rsl_node_int(n, "transB", 0) ? 0 : 1];
    return !c || (c->data && c->dtype == RSL_f32 && rsl_node_float(n, "beta", 1) == 1 &&
                  rsl_tensor_count(c) == columns && c->shape.rank > 0 &&
                  c->shape.dim[c->shape.rank - 1] == columns);
}

static bool is_layer(const struct integer_builder *b, const struct rsl_node *n) {
    if (rsl_integer_weights_of(b, n) == RSL_ABSENT || tensor_of(b, n->in[0])->dtype != RSL_f32)
        return false;
    const struct rsl_tensor *bias = tensor_of(b, integer_input(n, 2));
    if (is_conv(n)) return !bias || (bias->data && bias->dtype == RSL_f32);
    return is_linear(b, n);
}

/* Number of first inputs that a carrying node moves; 0: it carries nothing. */
static int carried(const struct rsl_node *n) {
    static const char *const names[] = {"MaxPool",   "Flatten", "Reshape", "Identity", "Dropout",
                                        "Transpose", "Squeeze", "Slice",   "Pad",      "Unsqueeze"};
    if (rsl_node_is(n, "Concat")) return n->n_in;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (rsl_node_is(n, names[i])) return 1;
    return 0;
}

static bool pads_with_zero(const struct integer_builder *b, const struct rsl_node *n) {
    const struct rsl_tensor *value = tensor_of(b, integer_input(n, 2));
    if (n->opset < 11) return rsl_node_float(n, "value", 0) == 0;
    return !value || (value->data && rsl_tensor_double(value, 0) == 0);
}

static bool is_carry(const struct integer_builder *b, const struct rsl_node *n) {
    int moved = carried(n);
    if (moved == 0) return false;
    for (int i = 1; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT) return false;
    if (rsl_node_is(n, "Dropout") && integer_input(n, 2) != RSL_ABSENT) return false;
    if (rsl_node_is(n, "Pad") && !pads_with_zero(b, n)) return false;
    for (int i = 0; i < moved; i++)
        if (n->in[i] == RSL_ABSENT || is_constant(b, n->in[i]) ||
            tensor_of(b, n->in[i])->dtype != RSL_f32)
            return false;
    return true;
}

static enum integer_form form_of(const struct integer_builder *b, const struct rsl_node *n) {
    if (n->n_in == 0 || n->n_out == 0 || n->in[0] == RSL_ABSENT || is_constant(b, n->in[0]))
        return FORM_FLOAT;
    if (is_layer(b, n)) return FORM_LAYER;
    if (rsl_node_is(n, "GlobalAveragePool") && tensor_of(b, n->in[0])->dtype == RSL_f32)
        return FORM_MEAN;
    return is_carry(b, n) ? FORM_CARRY : FORM_FLOAT;
}

/* A Relu that alone reads what a linear layer gives is the layer's. */
static int take_relus(struct integer_builder *b) {
    const struct rsl_graph *d = &b->q->decoded;
    int *uses = rsl_calloc(d->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(d, uses);
    for (size_t i = 0; i < d->nodes.n; i++) b->relu[i] = RSL_ABSENT;
    for (size_t i = 0; i < d->nodes.n; i++) {
        const struct rsl_node *n = &d->nodes.at[i];
        if (!rsl_node_is(n, "Relu") || uses[n->in[0]] != 1) continue;
        int layer = d->values.at[n->in[0]].producer;
        if (layer == RSL_ABSENT || b->form[layer] != FORM_LAYER ||
            is_conv(&d->nodes.at[layer])) /* fusion has looked at those */
            continue;
        b->relu[layer] = (int)i;
        b->form[i] = FORM_TAKEN;
    }
    rsl_free(uses);
    return RSL_OK;
}

int rsl_integer_output(const struct integer_builder *b, size_t i) {
    const struct rsl_graph *d = &b->q->decoded;
    return b->relu[i] == RSL_ABSENT ? d->nodes.at[i].out[0] : d->nodes.at[b->relu[i]].out[0];
}

/* ---- which values become integers, and their scales ---- */

struct integer_value *rsl_integer_root(struct integer_builder *b, int v) {
    while (b->values[v].parent != v) v = b->values[v].parent;
    return &b->values[v];
}

static void join(struct integer_builder *b, int v, int w) {
    struct integer_value *a = rsl_integer_root(b, v), *c = rsl_integer_root(b, w);
    c->parent = (int)(a - b->values);
}

/* Backwards: whoever computes in integers wants its inputs so. */
static void find_wanted(struct integer_builder *b) {
    const struct rsl_graph *d = &b->q->decoded;
    for (size_t i = d->nodes.n; i-- > 0;) {
        const struct rsl_node *n = &d->nodes.at[i];
        bool out = n->n_out > 0 && n->out[0] != RSL_ABSENT && b->values[n->out[0]].wanted;
        if (b->form[i] == FORM_LAYER) {
            b->values[n->in[0]].wanted = true;
            if (rsl_integer_residual(n) != RSL_ABSENT)
                b->values[rsl_integer_residual(n)].wanted = true;
        } else if (b->form[i] == FORM_TAKEN) {
            continue;
        } else if (b->form[i] != FORM_FLOAT && !out) {
            b->form[i] = FORM_FLOAT; /* nobody wants its integers */
        } else if (b->form[i] == FORM_MEAN) {
            b->values[n->in[0]].wanted = true;
        } else if (b->form[i] == FORM_CARRY) {
            for (int k = 0; k < carried(n); k++) {
                b->values[n->in[k]].wanted = true;
                join(b, n->out[0], n->in[k]);
            }
        }
    }
}

static int find_scales(struct integer_builder *b) {
    const struct rsl_graph *d = &b->q->decoded;
    for (size_t v = 0; v < d->values.n; v++) {
        if (!b->values[v].wanted) continue;
        const struct rsl_range *r = rsl_ranges_find(b->ranges, d->values.at[v].name);
        if (!r)
            return rsl_fail(RSL_EMISMATCH,
                            "the ranges of activations do not know value '%s': measure them on "
                            "this network",
                            d->values.at[v].name);
        struct integer_value *root = rsl_integer_root(b, (int)v);
        root->low = fminf(root->low, r->low);
        root->high = fmaxf(root->high, r->high);
    }
    for (size_t v = 0; v < d->values.n; v++) {
        struct integer_value *i = &b->values[v];
        i->type = i->low < 0 ? RSL_i8 : RSL_u8;
        i->scale = i->low < 0 ? fmaxf(-i->low, i->high) / 127 : i->high / 255;
        if (!(i->scale >= 0x1p-100F)) i->scale = 1; /* nothing but zeros was seen */
    }
    return RSL_OK;
}

/* ---- all together ---- */

static int check_storage(const struct rsl_memory *image) {
    const struct rsl_memory_region *w = &image->region[RSL_REGION_WEIGHTS];
    for (int i = w->first; i < w->first + w->n; i++) {
        const struct rsl_encoding *e = &image->tensors[i].storage.encoding;
        char text[RSL_ENCODING_TEXT];
        if (!e->kind->grid)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "weights '%s' are stored as %s: integer arithmetic needs affine or "
                            "symmetric codes",
                            image->tensors[i].name, rsl_encoding_text(e, text));
        if (e->kind->zero_point && e->rounding == RSL_ROUND_PAPER)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "the zero points of weights '%s' (%s) are no whole numbers: integer "
                            "arithmetic needs the rounding 'code'",
                            image->tensors[i].name, rsl_encoding_text(e, text));
    }
    return RSL_OK;
}

/* All float constants of the image are f32, so that they can be changed in place. */
static int check_constants(const struct rsl_graph *g, const struct rsl_memory *image) {
    for (int i = 0; i < image->n; i++) {
        const struct rsl_value *v = &g->values.at[image->tensors[i].value];
        if (v->tensor.dtype != RSL_f32)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "constant '%s' is %s: integer arithmetic needs networks of f32",
                            v->name, rsl_dtype_name((int)v->tensor.dtype));
    }
    return RSL_OK;
}

static int fuse(struct rsl_graph *d) {
    rsl_graph_set_batch(d, 1);
    RSL_TRY(rsl_graph_check(d));
    RSL_TRY(rsl_graph_infer(d, 0));
    RSL_TRY(rsl_graph_fuse(d));
    return rsl_graph_infer(d, RSL_MAX_ELEMENTS);
}

static int build(struct integer_builder *b) {
    struct rsl_integer_network *q = b->q;
    RSL_TRY(check_storage(b->image));
    RSL_TRY(check_constants(b->source, b->image));
    RSL_TRY(decode(&q->decoded, b->source, b->image, b->cells));
    RSL_TRY(fuse(&q->decoded));
    size_t nodes = q->decoded.nodes.n, values = q->decoded.values.n;
    b->form = rsl_calloc(nodes, sizeof *b->form);
    b->relu = rsl_calloc(nodes, sizeof *b->relu);
    b->values = rsl_calloc(values, sizeof *b->values);
    q->layers = rsl_arena_array(&q->graph.arena, nodes, sizeof *q->layers);
    q->n_tensors = b->image->n;
    q->tensors = rsl_arena_array(&q->graph.arena, (size_t)b->image->n, sizeof *q->tensors);
    if (!b->form || !b->relu || !b->values || !q->layers || !q->tensors) return RSL_ENOMEM;
    for (size_t v = 0; v < values; v++) {
        b->values[v].parent = (int)v;
        b->values[v].as_float = b->values[v].as_int = RSL_ABSENT;
    }
    for (size_t i = 0; i < nodes; i++) b->form[i] = form_of(b, &q->decoded.nodes.at[i]);
    RSL_TRY(take_relus(b));
    find_wanted(b);
    RSL_TRY(find_scales(b));
    RSL_TRY(rsl_integer_emit(b));
    q->is_written = rsl_calloc(q->graph.values.n, sizeof *q->is_written);
    q->scales = rsl_calloc(q->graph.values.n, sizeof *q->scales);
    if (!q->is_written || !q->scales) return RSL_ENOMEM;
    for (size_t v = 0; v < values; v++)
        if (b->values[v].as_int != RSL_ABSENT)
            q->scales[b->values[v].as_int] = rsl_integer_root(b, (int)v)->scale;
    return RSL_OK;
}

int rsl_integer_init(struct rsl_integer_network *q, const struct rsl_graph *g,
                     const struct rsl_memory *image, const struct rsl_cells *cells,
                     const struct rsl_ranges *ranges) {
    *q = (struct rsl_integer_network){0};
    rsl_graph_init(&q->graph);
    rsl_graph_init(&q->decoded);
    struct integer_builder b = {.q = q, .source = g, .image = image, .ranges = ranges};
    struct rsl_cells *own = NULL;
    int rc = cells ? RSL_OK : rsl_cells_new(&own, image);
    b.cells = cells ? cells : own;
    if (rc == RSL_OK) rc = build(&b);
    rsl_cells_free(own);
    rsl_free(b.form);
    rsl_free(b.relu);
    rsl_free(b.values);
    if (rc < 0) rsl_integer_free(q);
    return rc;
}

void rsl_integer_free(struct rsl_integer_network *q) {
    rsl_graph_free(&q->graph);
    rsl_graph_free(&q->decoded);
    rsl_free(q->written.at);
    rsl_free(q->undo.at);
    rsl_free(q->is_written);
    rsl_free(q->scales);
    *q = (struct rsl_integer_network){0};
}
