/* Building and reading graphs; see graph.h. Checking is in check.c, inference in infer.c. */
#include "graph/graph.h"

#include "base/status.h"
#include "base/vec.h"
#include "graph/op.h"

#include <stdio.h>
#include <string.h>

void rsl_graph_init(struct rsl_graph *g) {
    *g = (struct rsl_graph){.name = "", .opset = RSL_OPSET};
}

void rsl_graph_free(struct rsl_graph *g) {
    rsl_free(g->values.at);
    rsl_free(g->nodes.at);
    rsl_free(g->inputs.at);
    rsl_free(g->outputs.at);
    rsl_map_free(&g->names);
    rsl_arena_free(&g->arena);
    rsl_graph_init(g);
}

int rsl_graph_find(const struct rsl_graph *g, const char *name) {
    return (int)rsl_map_get(&g->names, name);
}

int rsl_graph_value(struct rsl_graph *g, const char *name) {
    int found = rsl_graph_find(g, name);
    if (found >= 0) return found;
    if (g->values.n >= INT32_MAX / 2) return rsl_fail(RSL_EGRAPH, "too many values");
    struct rsl_value v = {.name = rsl_arena_strdup(&g->arena, name), .producer = RSL_ABSENT};
    if (!v.name) return RSL_ENOMEM;
    RSL_TRY(rsl_vec_push(&g->values, v));
    int index = (int)g->values.n - 1;
    int rc = rsl_map_set(&g->names, v.name, index);
    if (rc < 0) {
        g->values.n--;
        return rc;
    }
    return index;
}

int rsl_graph_fresh(struct rsl_graph *g, const char *stem) {
    char name[256];
    for (size_t i = g->values.n;; i++) {
        snprintf(name, sizeof name, "%.200s_%zu", stem, i);
        if (rsl_graph_find(g, name) < 0) return rsl_graph_value(g, name);
    }
}

/* A value that nothing defines yet, for an input or constant. */
static int claim(struct rsl_graph *g, const char *name, enum rsl_value_kind kind,
                 const struct rsl_tensor *tensor) {
    if (!name[0]) return rsl_fail(RSL_EGRAPH, "an input or constant has no name");
    int index = rsl_graph_value(g, name);
    if (index < 0) return index;
    struct rsl_value *v = &g->values.at[index];
    if (v->kind != RSL_VALUE_COMPUTED || v->producer != RSL_ABSENT)
        return rsl_fail(RSL_EGRAPH, "value '%s' is defined twice", name);
    v->kind = kind;
    v->tensor = *tensor;
    return index;
}

int rsl_graph_add_input(struct rsl_graph *g, const char *name, enum rsl_dtype dtype,
                        const struct rsl_shape *shape) {
    struct rsl_tensor t = {.dtype = dtype, .shape = *shape};
    int index = claim(g, name, RSL_VALUE_INPUT, &t);
    if (index < 0) return index;
    RSL_TRY(rsl_vec_push(&g->inputs, index));
    return index;
}

int rsl_graph_add_constant(struct rsl_graph *g, const char *name, const struct rsl_tensor *tensor) {
    return claim(g, name, RSL_VALUE_CONSTANT, tensor);
}

int rsl_graph_add_output(struct rsl_graph *g, int value) {
    return rsl_vec_push(&g->outputs, value);
}

/* The next node becomes the producer of `out`; a name that stands there twice is found as well. */
static int claim_outputs(struct rsl_graph *g, const struct rsl_op *op, const char *name,
                         const int *out, int n_out) {
    for (int i = 0; i < n_out; i++) {
        if (out[i] == RSL_ABSENT) continue;
        struct rsl_value *v = &g->values.at[out[i]];
        if (v->kind != RSL_VALUE_COMPUTED || v->producer != RSL_ABSENT)
            return rsl_fail(RSL_EGRAPH,
                            "value '%s' is defined twice, the second time by node '%s' (%s)",
                            v->name, name, op->name);
        v->producer = (int)g->nodes.n;
    }
    return RSL_OK;
}

int rsl_graph_add_node(struct rsl_graph *g, const struct rsl_op *op, const char *name,
                       const int *in, int n_in, const int *out, int n_out) {
    RSL_TRY(claim_outputs(g, op, name, out, n_out));
    struct rsl_node node = {.op = op, .opset = g->opset, .n_in = n_in, .n_out = n_out};
    node.name = name[0] ? rsl_arena_strdup(&g->arena, name)
                        : rsl_arena_printf(&g->arena, "%s_%zu", op->name, g->nodes.n);
    node.in = rsl_arena_memdup(&g->arena, in, (size_t)n_in * sizeof *in);
    node.out = rsl_arena_memdup(&g->arena, out, (size_t)n_out * sizeof *out);
    if (!node.name || !node.in || !node.out) return RSL_ENOMEM;
    RSL_TRY(rsl_vec_push(&g->nodes, node));
    return (int)g->nodes.n - 1;
}

/* ---- attributes ---- */

/* The slot called `name` of the node, made when missing. */
static struct rsl_attr *slot(struct rsl_graph *g, int node, const char *name) {
    struct rsl_node *n = &g->nodes.at[node];
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0) return &n->attrs[i];
    struct rsl_attr *attrs = rsl_arena_array(&g->arena, (size_t)n->n_attrs + 1, sizeof *attrs);
    char *copy = rsl_arena_strdup(&g->arena, name);
    if (!attrs || !copy) return NULL;
    if (n->n_attrs) memcpy(attrs, n->attrs, (size_t)n->n_attrs * sizeof *attrs);
    n->attrs = attrs;
    attrs[n->n_attrs].name = copy;
    return &attrs[n->n_attrs++];
}

int rsl_node_set_int(struct rsl_graph *g, int node, const char *name, int64_t value) {
    struct rsl_attr *a = slot(g, node, name);
    if (!a) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_INT, .count = 1, .i = value};
    return RSL_OK;
}

int rsl_node_set_float(struct rsl_graph *g, int node, const char *name, float value) {
    struct rsl_attr *a = slot(g, node, name);
    if (!a) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_FLOAT, .count = 1, .f = value};
    return RSL_OK;
}

int rsl_node_set_string(struct rsl_graph *g, int node, const char *name, const char *value) {
    struct rsl_attr *a = slot(g, node, name);
    char *copy = rsl_arena_strdup(&g->arena, value);
    if (!a || !copy) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_STRING, .count = 1, .s = copy};
    return RSL_OK;
}

int rsl_node_set_ints(struct rsl_graph *g, int node, const char *name, const int64_t *values,
                      size_t n) {
    struct rsl_attr *a = slot(g, node, name);
    int64_t *copy = rsl_arena_memdup(&g->arena, values, n * sizeof *values);
    if (!a || !copy) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_INTS, .count = n, .ints = copy};
    return RSL_OK;
}

int rsl_node_set_floats(struct rsl_graph *g, int node, const char *name, const float *values,
                        size_t n) {
    struct rsl_attr *a = slot(g, node, name);
    float *copy = rsl_arena_memdup(&g->arena, values, n * sizeof *values);
    if (!a || !copy) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_FLOATS, .count = n, .floats = copy};
    return RSL_OK;
}

int rsl_node_set_strings(struct rsl_graph *g, int node, const char *name, const char *const *values,
                         size_t n) {
    struct rsl_attr *a = slot(g, node, name);
    const char **copy = rsl_arena_array(&g->arena, n, sizeof *copy);
    if (!a || !copy) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!(copy[i] = rsl_arena_strdup(&g->arena, values[i]))) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_STRINGS, .count = n, .strings = copy};
    return RSL_OK;
}

int rsl_node_share_tensor(struct rsl_graph *g, int node, const char *name,
                          const struct rsl_tensor *value) {
    struct rsl_attr *a = slot(g, node, name);
    struct rsl_tensor *copy = rsl_arena_memdup(&g->arena, value, sizeof *value);
    if (!a || !copy) return RSL_ENOMEM;
    *a = (struct rsl_attr){.name = a->name, .type = RSL_ATTR_TENSOR, .count = 1, .t = copy};
    return RSL_OK;
}

int rsl_node_set_tensor(struct rsl_graph *g, int node, const char *name,
                        const struct rsl_tensor *value) {
    struct rsl_tensor copy = *value;
    copy.data = rsl_arena_memdup(&g->arena, value->data, rsl_tensor_bytes(value));
    return copy.data ? rsl_node_share_tensor(g, node, name, &copy) : RSL_ENOMEM;
}

bool rsl_node_is(const struct rsl_node *n, const char *name) {
    return strcmp(n->op->name, name) == 0;
}

const struct rsl_attr *rsl_node_attr(const struct rsl_node *n, const char *name) {
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0) return &n->attrs[i];
    return NULL;
}

static const struct rsl_attr *typed(const struct rsl_node *n, const char *name,
                                    enum rsl_attr_type type) {
    const struct rsl_attr *a = rsl_node_attr(n, name);
    return a && a->type == type ? a : NULL;
}

int64_t rsl_node_int(const struct rsl_node *n, const char *name, int64_t otherwise) {
    const struct rsl_attr *a = typed(n, name, RSL_ATTR_INT);
    return a ? a->i : otherwise;
}

float rsl_node_float(const struct rsl_node *n, const char *name, float otherwise) {
    const struct rsl_attr *a = typed(n, name, RSL_ATTR_FLOAT);
    return a ? a->f : otherwise;
}

const char *rsl_node_string(const struct rsl_node *n, const char *name, const char *otherwise) {
    const struct rsl_attr *a = typed(n, name, RSL_ATTR_STRING);
    return a ? a->s : otherwise;
}

const int64_t *rsl_node_ints(const struct rsl_node *n, const char *name, size_t *count) {
    const struct rsl_attr *a = typed(n, name, RSL_ATTR_INTS);
    *count = a ? a->count : 0;
    return a ? a->ints : NULL;
}

/* ---- copying ---- */

static int copy_attr(struct rsl_graph *g, int node, const struct rsl_attr *a) {
    switch (a->type) {
        case RSL_ATTR_INT:
            return rsl_node_set_int(g, node, a->name, a->i);
        case RSL_ATTR_FLOAT:
            return rsl_node_set_float(g, node, a->name, a->f);
        case RSL_ATTR_STRING:
            return rsl_node_set_string(g, node, a->name, a->s);
        case RSL_ATTR_INTS:
            return rsl_node_set_ints(g, node, a->name, a->ints, a->count);
        case RSL_ATTR_FLOATS:
            return rsl_node_set_floats(g, node, a->name, a->floats, a->count);
        case RSL_ATTR_TENSOR:
            return rsl_node_set_tensor(g, node, a->name, a->t);
        case RSL_ATTR_STRINGS:
            return rsl_node_set_strings(g, node, a->name, a->strings, a->count);
    }
    return rsl_fail(RSL_EINTERNAL, "attribute '%s' has no type", a->name);
}

static int copy_nodes(struct rsl_graph *dst, const struct rsl_graph *src) {
    for (size_t i = 0; i < src->nodes.n; i++) {
        const struct rsl_node *n = &src->nodes.at[i];
        int node = rsl_graph_add_node(dst, n->op, n->name, n->in, n->n_in, n->out, n->n_out);
        if (node < 0) return node;
        dst->nodes.at[node].opset = n->opset;
        for (int a = 0; a < n->n_attrs; a++) RSL_TRY(copy_attr(dst, node, &n->attrs[a]));
    }
    return RSL_OK;
}

static int copy_into(struct rsl_graph *dst, const struct rsl_graph *src) {
    dst->opset = src->opset;
    if (!(dst->name = rsl_arena_strdup(&dst->arena, src->name))) {
        dst->name = "";
        return RSL_ENOMEM;
    }
    for (size_t i = 0; i < src->values.n; i++) {
        int index = rsl_graph_value(dst, src->values.at[i].name);
        if (index < 0) return index;
        dst->values.at[index].kind = src->values.at[i].kind;
        dst->values.at[index].tensor = src->values.at[i].tensor;
    }
    for (size_t i = 0; i < src->inputs.n; i++)
        RSL_TRY(rsl_vec_push(&dst->inputs, src->inputs.at[i]));
    for (size_t i = 0; i < src->outputs.n; i++)
        RSL_TRY(rsl_vec_push(&dst->outputs, src->outputs.at[i]));
    return copy_nodes(dst, src);
}

int rsl_graph_copy(struct rsl_graph *dst, const struct rsl_graph *src) {
    rsl_graph_init(dst);
    int rc = copy_into(dst, src);
    if (rc < 0) rsl_graph_free(dst);
    return rc;
}

void rsl_graph_set_batch(struct rsl_graph *g, int64_t batch) {
    for (size_t i = 0; i < g->inputs.n; i++) {
        struct rsl_shape *s = &g->values.at[g->inputs.at[i]].tensor.shape;
        if (s->rank > 0 && s->dim[0] < 0) s->dim[0] = batch;
    }
}

void rsl_graph_count_uses(const struct rsl_graph *g, int *uses) {
    memset(uses, 0, g->values.n * sizeof *uses);
    for (size_t i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i].n_in; k++)
            if (g->nodes.at[i].in[k] != RSL_ABSENT) uses[g->nodes.at[i].in[k]]++;
    for (size_t i = 0; i < g->outputs.n; i++) uses[g->outputs.at[i]]++;
}

int rsl_graph_remove(struct rsl_graph *g, const bool *marked) {
    for (size_t v = 0; v < g->values.n; v++) g->values.at[v].producer = RSL_ABSENT;
    size_t n = 0;
    for (size_t i = 0; i < g->nodes.n; i++)
        if (!marked[i]) g->nodes.at[n++] = g->nodes.at[i];
    g->nodes.n = n;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < g->nodes.at[i].n_out; k++)
            if (g->nodes.at[i].out[k] != RSL_ABSENT)
                g->values.at[g->nodes.at[i].out[k]].producer = (int)i;
    return rsl_graph_check(g);
}
