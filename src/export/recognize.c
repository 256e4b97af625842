/* Recognizing stored weights in a graph that was read: the nodes that would be written for each
 * line of the metadata are made once more, aside, and compared with those that are there. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/status.h"
#include "base/vec.h"
#include "export/stored_model.h"
#include "export/weight_nodes.h"
#include "graph/op.h"
#include "graph/parameters.h"
#include "memory/stored.h"

#include <string.h>

/* One line of the metadata. */
struct line {
    char *name, *stem; /* in `text` */
    int value;
    struct rsl_weight_nodes nodes;
    struct rsl_graph pattern;
};

struct recognizer {
    struct rsl_model *m;
    struct rsl_graph *g;
    char *text; /* the entry, cut into lines and names */
    struct {
        struct line *at;
        size_t n, cap;
    } lines;
    bool *inner; /* per value of g: it is part of a pattern */
};

/* ---- lines ---- */

/* "scales=f32/tmr" or "zero_points=int8/tmr". */
static bool read_parameter(struct line *l, const char *text) {
    struct rsl_stored_parameter *const to[] = {&l->nodes.stored_scale, &l->nodes.stored_zero_point};
    for (int i = 0; i < 2; i++) {
        const char *name = rsl_region_name((enum rsl_region)(RSL_REGION_SCALES + i));
        struct rsl_storage *s = &to[i]->storage;
        size_t n = strlen(name);
        if (strncmp(text, name, n) == 0 && text[n] == '=' && !s->encoding.kind)
            return rsl_storage_parse(s, text + n + 1) == RSL_OK && rsl_weight_nodes_votes(s);
    }
    return false;
}

/* That of the weights, and of scales and zero points where they are voted:
 * "affine4/msb;scales=f32/tmr". */
static bool read_storage(struct line *l, char *text) {
    char *next = strchr(text, ';');
    if (next) *next++ = 0;
    if (rsl_storage_parse(&l->nodes.storage, text) < 0) return false;
    while (next) {
        text = next;
        next = strchr(text, ';');
        if (next) *next++ = 0;
        if (!read_parameter(l, text)) return false;
    }
    return true;
}

static int add_line(struct recognizer *r, char *storage, char *name) {
    char *tab = strchr(name, '\t');
    if (tab) *tab = 0;
    struct line l = {
        .name = name, .stem = tab ? tab + 1 : name, .value = rsl_graph_find(r->g, name)};
    if (l.value < 0 || !read_storage(&l, storage)) return 0;
    for (size_t i = 0; i < r->lines.n; i++)
        if (r->lines.at[i].value == l.value) return 0;
    rsl_graph_init(&l.pattern);
    l.pattern.opset = r->g->opset;
    RSL_TRY(rsl_vec_push(&r->lines, l));
    return 1;
}

/* 1 when all lines are well formed, 0 when not; a negative status when memory is refused. */
static int read_lines(struct recognizer *r) {
    for (char *at = r->text; *at;) {
        char *end = strchr(at, '\n'), *space = strchr(at, ' ');
        if (!end || !space || space > end) return 0;
        *end = *space = 0;
        int rc = add_line(r, at, space + 1);
        if (rc <= 0) return rc;
        at = end + 1;
    }
    return r->lines.n > 0;
}

/* ---- the constants of a pattern ---- */

static const struct rsl_tensor *constant(const struct recognizer *r, const struct line *l,
                                         const char *suffix) {
    struct rsl_arena scratch = RSL_ARENA_INIT;
    const char *name = rsl_arena_printf(&scratch, "%s.%s", l->stem, suffix);
    int v = name ? rsl_graph_find(r->g, name) : RSL_ABSENT;
    rsl_arena_free(&scratch);
    return v >= 0 && r->g->values.at[v].kind == RSL_VALUE_CONSTANT ? &r->g->values.at[v].tensor
                                                                   : NULL;
}

static bool take_shape(struct line *l, const struct rsl_tensor *t) {
    if (!t || t->dtype != RSL_i64 || t->shape.rank != 1 || t->shape.dim[0] < 1 ||
        t->shape.dim[0] > RSL_MAX_RANK)
        return false;
    l->nodes.shape = rsl_shape_of((int)t->shape.dim[0], t->data);
    return rsl_shape_check(&l->nodes.shape) == RSL_OK && rsl_shape_count(&l->nodes.shape) > 0;
}

static bool is_of(const struct rsl_tensor *t, const struct rsl_shape *shape) {
    return t && t->data && rsl_shape_equal(&t->shape, shape);
}

/* The bits of so many numbers, one above the other. */
static bool take_bits(const struct rsl_tensor *from, const struct rsl_storage *s, int64_t n,
                      struct rsl_tensor *bits) {
    int64_t stored = rsl_groups_of(s, n).stored;
    const struct rsl_shape packed = {.rank = 2, .dim = {(stored + 7) / 8, 1}};
    if (!is_of(from, &packed) || from->dtype != RSL_u8) return false;
    *bits = *from;
    return true;
}

/* Scales are f32; zero points whole numbers, but for `paper`. */
static bool fits(const struct rsl_storage *s, bool is_float) {
    const char *kind = s->encoding.kind->name;
    return is_float ? strcmp(kind, "f32") == 0 : strncmp(kind, "int", 3) == 0;
}

static bool take_scale(const struct recognizer *r, struct line *l) {
    const struct rsl_shape shape = rsl_weight_nodes_scales(&l->nodes);
    struct rsl_stored_parameter *stored = &l->nodes.stored_scale;
    if (stored->storage.encoding.kind)
        return fits(&stored->storage, true) &&
               take_bits(constant(r, l, "scale.bits"), &stored->storage, rsl_shape_count(&shape),
                         &stored->bits);
    const struct rsl_tensor *t = constant(r, l, "scale");
    if (!is_of(t, &shape) || t->dtype != RSL_f32) return false;
    l->nodes.scale = *t;
    return true;
}

static bool take_zero_points(const struct recognizer *r, struct line *l) {
    const struct rsl_shape shape = rsl_weight_nodes_scales(&l->nodes);
    struct rsl_stored_parameter *stored = &l->nodes.stored_zero_point;
    const bool paper = l->nodes.storage.encoding.rounding == RSL_ROUND_PAPER;
    if (!l->nodes.storage.encoding.kind->zero_point) return !stored->storage.encoding.kind;
    if (stored->storage.encoding.kind)
        return fits(&stored->storage, paper) &&
               take_bits(constant(r, l, "zero_point.bits"), &stored->storage,
                         rsl_shape_count(&shape), &stored->bits);
    const struct rsl_tensor *t = constant(r, l, "zero_point");
    if (!is_of(t, &shape)) return false;
    l->nodes.zero_point = *t;
    return paper ? t->dtype == RSL_f32
                 : t->dtype == RSL_i8 || t->dtype == RSL_i16 || t->dtype == RSL_i32;
}

/* Bits, scales and zero points have the types and shapes that the storage asks for. */
static bool take_tensors(const struct recognizer *r, struct line *l) {
    struct rsl_storage *s = &l->nodes.storage;
    if (rsl_weight_nodes_accept(s) < 0 || !take_shape(l, constant(r, l, "shape"))) return false;
    if (s->encoding.per_channel &&
        (s->encoding.axis < 0 || s->encoding.axis >= l->nodes.shape.rank))
        return false;
    return take_bits(constant(r, l, "bits"), s, rsl_shape_count(&l->nodes.shape), &l->nodes.bits) &&
           take_scale(r, l) && take_zero_points(r, l);
}

/* ---- comparing ---- */

static bool same_attribute(const struct rsl_attr *a, const struct rsl_attr *b) {
    if (!b || a->type != b->type) return false;
    if (a->type == RSL_ATTR_INT) return a->i == b->i;
    if (a->type == RSL_ATTR_INTS)
        return a->count == b->count && memcmp(a->ints, b->ints, a->count * sizeof *a->ints) == 0;
    return a->type == RSL_ATTR_STRING && strcmp(a->s, b->s) == 0;
}

static bool same_node(const struct rsl_graph *p, const struct rsl_node *a,
                      const struct rsl_graph *g, const struct rsl_node *b) {
    if (a->op != b->op || a->opset != b->opset || a->n_in != b->n_in || b->n_out != 1 ||
        a->n_attrs != b->n_attrs)
        return false;
    for (int i = 0; i < a->n_in; i++)
        if (b->in[i] == RSL_ABSENT ||
            strcmp(p->values.at[a->in[i]].name, g->values.at[b->in[i]].name) != 0)
            return false;
    for (int i = 0; i < a->n_attrs; i++)
        if (!same_attribute(&a->attrs[i], rsl_node_attr(b, a->attrs[i].name))) return false;
    return true;
}

static bool same_value(const struct rsl_graph *p, const struct rsl_value *a,
                       const struct rsl_graph *g, const struct rsl_value *b) {
    const struct rsl_tensor *x = &a->tensor, *y = &b->tensor;
    if (a->kind != b->kind) return false;
    if (a->kind == RSL_VALUE_COMPUTED)
        return b->producer != RSL_ABSENT &&
               same_node(p, &p->nodes.at[a->producer], g, &g->nodes.at[b->producer]);
    return x->dtype == y->dtype && rsl_shape_equal(&x->shape, &y->shape) &&
           (x->data == y->data || memcmp(x->data, y->data, rsl_tensor_bytes(x)) == 0);
}

/* 1 when the graph has exactly the nodes that would be written for the line; 0 when not. */
static int matches(struct recognizer *r, struct line *l) {
    if (!take_tensors(r, l)) return 0;
    l->nodes.name = l->name;
    l->nodes.stem = l->stem;
    int rc = rsl_weight_nodes_add(&l->pattern, &l->nodes);
    if (rc < 0) return rc == RSL_ENOMEM ? rc : 0;
    for (size_t i = 0; i < l->pattern.values.n; i++) {
        const struct rsl_value *a = &l->pattern.values.at[i];
        int v = rsl_graph_find(r->g, a->name);
        if (v < 0 || !same_value(&l->pattern, a, r->g, &r->g->values.at[v])) return 0;
        r->inner[v] = true;
    }
    return 1;
}

/* Two lines' scales, or zero points, are voted and laid out alike, or both as they are. */
static bool same_votes(const struct rsl_storage *a, const struct rsl_storage *b) {
    if (!a->encoding.kind || !b->encoding.kind) return !a->encoding.kind && !b->encoding.kind;
    return a->protection.kind == b->protection.kind && a->protection.top == b->protection.top &&
           a->layout == b->layout;
}

/* An image has one storage for all scales, and one for all zero points. */
static bool lines_agree(const struct recognizer *r) {
    const struct line *zero = NULL;
    for (size_t i = 0; i < r->lines.n; i++) {
        const struct line *l = &r->lines.at[i];
        if (!same_votes(&l->nodes.stored_scale.storage, &r->lines.at->nodes.stored_scale.storage))
            return false;
        if (!l->nodes.storage.encoding.kind->zero_point) continue;
        if (!zero) zero = l;
        if (!same_votes(&l->nodes.stored_zero_point.storage,
                        &zero->nodes.stored_zero_point.storage))
            return false;
    }
    return true;
}

static int all_match(struct recognizer *r) {
    int rc = read_lines(r);
    if (rc > 0 && !lines_agree(r)) rc = 0;
    for (size_t i = 0; i < r->lines.n && rc > 0; i++) rc = matches(r, &r->lines.at[i]);
    return rc;
}

/* ---- replacing ---- */

/* The values become constants; inner nodes that nothing reads any more go, last ones first. */
static int cut(struct recognizer *r) {
    struct rsl_graph *g = r->g;
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    for (size_t i = 0; i < r->lines.n; i++) {
        struct rsl_value *v = &g->values.at[r->lines.at[i].value];
        v->kind = RSL_VALUE_CONSTANT;
        v->tensor = (struct rsl_tensor){.dtype = RSL_f32, .shape = r->lines.at[i].nodes.shape};
        uses[r->lines.at[i].value] = 0; /* of what its node gives */
    }
    size_t left = g->nodes.n;
    for (size_t i = g->nodes.n; i-- > 0;) {
        struct rsl_node *n = &g->nodes.at[i];
        bool dead = n->n_out == 1 && r->inner[n->out[0]] && uses[n->out[0]] == 0;
        for (int k = 0; k < n->n_in && dead; k++) uses[n->in[k]]--;
        if (!dead) g->nodes.at[--left] = *n;
    }
    g->nodes.n -= left;
    memmove(g->nodes.at, g->nodes.at + left, g->nodes.n * sizeof *g->nodes.at);
    for (size_t v = 0; v < g->values.n; v++) {
        struct rsl_value *value = &g->values.at[v];
        value->producer = RSL_ABSENT;
        bool weights = value->kind == RSL_VALUE_CONSTANT && !value->tensor.data;
        if (r->inner[v] && uses[v] == 0 && !weights) { /* a name without meaning */
            value->kind = RSL_VALUE_COMPUTED;
            value->tensor = (struct rsl_tensor){0};
        }
    }
    rsl_free(uses);
    for (size_t i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i].n_out; k++)
            if (g->nodes.at[i].out[k] != RSL_ABSENT)
                g->values.at[g->nodes.at[i].out[k]].producer = (int)i;
    return rsl_graph_check(g);
}

/* Protected scales or zero points as the image is to take them. */
static struct rsl_stored_bits stored_bits(const struct rsl_stored_parameter *p) {
    return (struct rsl_stored_bits){p->storage, p->bits.data};
}

static int stored_weights(const struct recognizer *r, const struct line *l,
                          struct rsl_stored_weights *s) {
    struct rsl_arena *arena = &r->g->arena;
    const struct rsl_weight_nodes *nodes = &l->nodes;
    int64_t n = rsl_tensor_count(&nodes->zero_point);
    *s = (struct rsl_stored_weights){.weights = {nodes->storage, nodes->bits.data},
                                     .scale = nodes->scale.data,
                                     .scale_bits = stored_bits(&nodes->stored_scale),
                                     .zero_point_bits = stored_bits(&nodes->stored_zero_point)};
    if (nodes->zero_point.dtype == RSL_NO_DTYPE) return RSL_OK;
    struct rsl_tensor zero;
    const struct rsl_shape shape = rsl_shape_of(1, &n);
    RSL_TRY(rsl_tensor_new(&zero, arena, RSL_f32, &shape));
    rsl_tensor_cast(&nodes->zero_point, &zero);
    s->zero_point = zero.data;
    return RSL_OK;
}

static int build(struct recognizer *r, int *values, int *nodes, struct rsl_stored_weights *stored) {
    int n = rsl_graph_weights(r->g, values, nodes);
    RSL_TRY(n);
    for (size_t i = 0; i < r->lines.n; i++) {
        int k = 0;
        while (k < n && values[k] != r->lines.at[i].value) k++;
        if (k == n)
            return rsl_fail(RSL_EUNSUPPORTED, "stored values '%s' are no layer's weights",
                            r->lines.at[i].name);
        RSL_TRY(stored_weights(r, &r->lines.at[i], &stored[k]));
    }
    const struct rsl_memory_options o = {.n_each = n, .stored = stored};
    struct rsl_memory *image;
    RSL_TRY(rsl_memory_new(&image, r->g, &o));
    return rsl_model_store(r->m, image);
}

static int replace(struct recognizer *r) {
    RSL_TRY(cut(r));
    size_t n = r->g->nodes.n;
    int *values = rsl_calloc(2 * n, sizeof *values);
    struct rsl_stored_weights *stored = rsl_calloc(n, sizeof *stored);
    int rc = values && stored ? build(r, values, values + n, stored) : RSL_ENOMEM;
    rsl_free(values);
    rsl_free(stored);
    return rc < 0 ? rc : rsl_model_set_meta(r->m, RSL_META_STORAGE, NULL);
}

int rsl_recognize_stored(struct rsl_model *m) {
    const char *entry = rsl_model_meta(m, RSL_META_STORAGE);
    if (!entry) return RSL_OK;
    struct recognizer r = {.m = m, .g = &m->graph, .text = rsl_strdup(entry)};
    r.inner = rsl_calloc(m->graph.values.n, sizeof *r.inner);
    int rc = r.text && r.inner ? all_match(&r) : RSL_ENOMEM;
    if (rc > 0)
        rc = replace(&r);
    else if (rc == 0)
        rsl_log(RSL_LOG_WARNING, "%s does not fit the graph, which is run as it stands",
                RSL_META_STORAGE);
    for (size_t i = 0; i < r.lines.n; i++) rsl_graph_free(&r.lines.at[i].pattern);
    rsl_free(r.lines.at);
    rsl_free(r.text);
    rsl_free(r.inner);
    return rc;
}
