/* ONNX nodes and attributes -> nodes of the graph.
 *
 * Names: node names are unique in the graph (an unnamed node gets "<op>_<index>"); inside a
 * function call, nodes and values are called "<call>/<name>". */
#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "io/onnx.h"
#include "io/onnx_reader.h"
#include "io/onnx_tensor.h"

#include <inttypes.h>
#include <string.h>

/* More than any operator has; bounds the quadratic cost of looking attributes up one by one. */
enum { MAX_ATTRIBUTES = 64 };

const char *rsl_onnx_domain(const char *domain) {
    return !domain || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

int rsl_onnx_check_imports(Onnx__OperatorSetIdProto *const *imports, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int64_t version = imports[i]->has_version ? imports[i]->version : 0;
        if (rsl_onnx_domain(imports[i]->domain)[0]) continue;
        if (version < 1 || version > RSL_OPSET_LAST)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "opset %" PRId64 " of ai.onnx is not supported, 1 to %d are", version,
                            (int)RSL_OPSET_LAST);
    }
    return RSL_OK;
}

int rsl_onnx_version(const struct rsl_onnx_scope *scope, const char *domain) {
    for (size_t i = 0; i < scope->n_imports; i++) {
        const Onnx__OperatorSetIdProto *import = scope->imports[i];
        if (strcmp(rsl_onnx_domain(import->domain), domain) != 0) continue;
        return import->has_version && import->version >= 0 && import->version < INT32_MAX
                   ? (int)import->version
                   : -1;
    }
    return -1;
}

const char *rsl_onnx_node_name(struct rsl_onnx_reader *r, const char *wish) {
    const char *name = rsl_arena_strdup(r->arena, wish);
    while (name && rsl_map_get(&r->node_names, name) >= 0)
        name = rsl_arena_printf(r->arena, "%s_%" PRIu64, wish, ++r->made_up);
    if (!name || rsl_map_set(&r->node_names, name, RSL_NAME_TAKEN) < 0) return NULL;
    return name;
}

int rsl_onnx_value(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope, const char *name,
                   int *index) {
    *index = RSL_ABSENT;
    if (!name || !name[0]) return RSL_OK;
    if (!scope->function) return (*index = rsl_graph_value(r->graph, name)) < 0 ? *index : RSL_OK;
    int64_t known = rsl_map_get(&scope->values, name);
    if (known >= 0) {
        *index = (int)known - 1;
        return RSL_OK;
    }
    const char *unique = rsl_arena_printf(r->arena, "%s/%s", scope->call_name, name);
    while (unique && rsl_graph_find(r->graph, unique) >= 0)
        unique = rsl_arena_printf(r->arena, "%s/%s_%" PRIu64, scope->call_name, name, ++r->made_up);
    if (!unique) return RSL_ENOMEM;
    int made = rsl_graph_value(r->graph, unique);
    if (made < 0) return made;
    *index = made;
    return rsl_map_set(&scope->values, name, made + 1);
}

/* ---- attributes ---- */

/* The type; in files of the first version of the format, which had no types, that of the one field
 * that is filled. UNDEFINED when none or several are. */
static int type_of(const Onnx__AttributeProto *a) {
    const struct {
        bool filled;
        int type;
    } fields[] = {
        {a->has_f, RSL_ATTR_FLOAT},
        {a->has_i, RSL_ATTR_INT},
        {a->has_s, RSL_ATTR_STRING},
        {a->t != NULL, RSL_ATTR_TENSOR},
        {a->g != NULL, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH},
        {a->sparse_tensor != NULL, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR},
        {a->tp != NULL, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO},
        {a->n_floats > 0, RSL_ATTR_FLOATS},
        {a->n_ints > 0, RSL_ATTR_INTS},
        {a->n_strings > 0, RSL_ATTR_STRINGS},
        {a->n_tensors > 0, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS},
        {a->n_graphs > 0, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS},
        {a->n_sparse_tensors > 0, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS},
        {a->n_type_protos > 0, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS},
    };
    int type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED, filled = 0;
    if (a->has_type && (int)a->type != type) return (int)a->type;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!fields[i].filled) continue;
        type = fields[i].type;
        filled++;
    }
    return filled == 1 ? type : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED;
}

static const char *unsupported_kind(int type) {
    switch (type) {
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
            return "is a graph: control flow is not supported";
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
            return "is a sparse tensor, which is not supported";
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO:
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS:
            return "is a type, which is not supported";
        case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
            return "is a list of tensors, which is not supported";
    }
    return "has no known type";
}

static bool has_name(const Onnx__AttributeProto *a, const char *name) {
    return a->name && strcmp(a->name, name) == 0;
}

/* Follows attributes by reference outwards through the calls: *found is what gives the value, or
 * NULL when the caller left it out and there is no default. */
static int resolve(const struct rsl_onnx_scope *scope, const Onnx__AttributeProto *a,
                   const Onnx__AttributeProto **found) {
    *found = a;
    while (a->ref_attr_name && a->ref_attr_name[0]) {
        const char *name = a->ref_attr_name;
        if (!scope->function)
            return rsl_fail(RSL_EFORMAT, "attribute '%s' refers to '%s' outside of a function",
                            a->name, name);
        *found = NULL;
        for (size_t i = 0; i < scope->call->n_attribute && !*found; i++)
            if (has_name(scope->call->attribute[i], name)) *found = scope->call->attribute[i];
        if (*found) {
            a = *found;
            scope = scope->outer;
            continue;
        }
        for (size_t i = 0; i < scope->n_defaults && !*found; i++)
            if (has_name(scope->defaults[i], name)) *found = scope->defaults[i];
        return RSL_OK; /* a default stands for itself */
    }
    return RSL_OK;
}

static const char *text_of(struct rsl_onnx_reader *r, const ProtobufCBinaryData *bytes) {
    return rsl_arena_strndup(r->arena, (const char *)bytes->data, bytes->len);
}

static int set_strings(struct rsl_onnx_reader *r, int node, const char *name,
                       const Onnx__AttributeProto *a) {
    const char **texts = rsl_arena_array(r->arena, a->n_strings, sizeof *texts);
    if (!texts) return RSL_ENOMEM;
    for (size_t i = 0; i < a->n_strings; i++)
        if (!(texts[i] = text_of(r, &a->strings[i]))) return RSL_ENOMEM;
    return rsl_node_set_strings(r->graph, node, name, texts, a->n_strings);
}

static int set_tensor(struct rsl_onnx_reader *r, int node, const char *name,
                      const Onnx__AttributeProto *a) {
    struct rsl_tensor t;
    if (!a->t) return rsl_fail(RSL_EFORMAT, "attribute '%s' lacks its tensor", name);
    int rc = rsl_onnx_tensor(&t, a->t, r->arena, r->folder);
    if (rc < 0) return rsl_fail_in(rc, "attribute '%s'", name);
    return rsl_node_share_tensor(r->graph, node, name, &t);
}

static int set_attribute(struct rsl_onnx_reader *r, int node, const char *name,
                         const Onnx__AttributeProto *a) {
    struct rsl_graph *g = r->graph;
    int type = type_of(a);
    switch (type) {
        case RSL_ATTR_FLOAT:
            return rsl_node_set_float(g, node, name, a->f);
        case RSL_ATTR_INT:
            return rsl_node_set_int(g, node, name, a->i);
        case RSL_ATTR_STRING: {
            const char *text = text_of(r, &a->s);
            return text ? rsl_node_set_string(g, node, name, text) : RSL_ENOMEM;
        }
        case RSL_ATTR_TENSOR:
            return set_tensor(r, node, name, a);
        case RSL_ATTR_FLOATS:
            return rsl_node_set_floats(g, node, name, a->floats, a->n_floats);
        case RSL_ATTR_INTS:
            return rsl_node_set_ints(g, node, name, a->ints, a->n_ints);
        case RSL_ATTR_STRINGS:
            return set_strings(r, node, name, a);
    }
    return rsl_fail(RSL_EUNSUPPORTED, "attribute '%s' %s", name, unsupported_kind(type));
}

/* An attribute of a standard operator: a whole number is a float where one is needed. */
static int set_typed(struct rsl_onnx_reader *r, int node, const char *name,
                     const Onnx__AttributeProto *a) {
    enum rsl_attr_type type;
    const char *word = rsl_onnx_attribute_type(name, &type);
    int given = type_of(a);
    if (!word || given == (int)type) return set_attribute(r, node, name, a);
    if (type == RSL_ATTR_FLOAT && given == RSL_ATTR_INT)
        return rsl_node_set_float(r->graph, node, name, (float)a->i);
    return rsl_fail(RSL_EFORMAT, "attribute '%s' is not %s", name, word);
}

static int set_attributes(struct rsl_onnx_reader *r, const struct rsl_onnx_scope *scope, int node,
                          const Onnx__NodeProto *proto, bool old) {
    const bool standard = !rsl_onnx_domain(proto->domain)[0] && !old;
    for (size_t i = 0; i < proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = proto->attribute[i], *value;
        const char *name = a->name;
        if (old && rsl_onnx_is_old_attribute(name)) continue;
        if (rsl_node_attr(&r->graph->nodes.at[node], name))
            return rsl_fail(RSL_EFORMAT, "attribute '%s' comes twice", name);
        RSL_TRY(resolve(scope, a, &value));
        if (!value) continue;
        RSL_TRY(standard ? set_typed(r, node, name, value) : set_attribute(r, node, name, value));
    }
    return RSL_OK;
}

/* What can be refused before the operator is looked up. Subgraphs first: that a node is control
 * flow says more than that its operator is unknown. */
static int check_attributes(const Onnx__NodeProto *proto) {
    if (proto->n_attribute > MAX_ATTRIBUTES)
        return rsl_fail(RSL_EFORMAT, "has %zu attributes", proto->n_attribute);
    for (size_t i = 0; i < proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = proto->attribute[i];
        if (!a->name || !a->name[0]) return rsl_fail(RSL_EFORMAT, "an attribute has no name");
        int type = type_of(a);
        if (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH ||
            type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS)
            return rsl_fail(RSL_EUNSUPPORTED, "attribute '%s' %s", a->name, unsupported_kind(type));
    }
    return RSL_OK;
}

/* ---- nodes ---- */

static int add_operator(struct rsl_onnx_reader *r, const struct rsl_onnx_scope *scope,
                        const Onnx__NodeProto *proto, const char *name, const int *in,
                        const int *out) {
    const char *domain = rsl_onnx_domain(proto->domain);
    const char *shown = domain[0] ? domain : "ai.onnx";
    const struct rsl_op *op = rsl_op_find(domain, proto->op_type);
    int version = rsl_onnx_version(scope, domain);
    if (!op)
        return rsl_fail(RSL_EUNSUPPORTED, "node '%s': operator %s of domain %s is not supported",
                        name, proto->op_type, shown);
    if (version < 0)
        return rsl_fail(RSL_EFORMAT, "node '%s' (%s): no version of domain %s is imported", name,
                        proto->op_type, shown);
    int node =
        rsl_graph_add_node(r->graph, op, name, in, (int)proto->n_input, out, (int)proto->n_output);
    if (node < 0) return node;
    bool old = !domain[0] && version < RSL_OPSET_FIRST;
    r->graph->nodes.at[node].opset = old ? RSL_OPSET_FIRST : version;
    int rc = old ? rsl_onnx_check_old(proto, version) : RSL_OK;
    if (rc == RSL_OK && !domain[0]) rc = rsl_onnx_check_new(proto, version);
    if (rc == RSL_OK) rc = set_attributes(r, scope, node, proto, old);
    return rc < 0 ? rsl_fail_in(rc, "node '%s' (%s)", name, op->name) : RSL_OK;
}

static int value_indices(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope,
                         char *const *names, size_t n, int *indices) {
    for (size_t i = 0; i < n; i++) RSL_TRY(rsl_onnx_value(r, scope, names[i], &indices[i]));
    return RSL_OK;
}

/* The node's unique name. Those of the main graph that are written in the file are claimed already:
 * the first node of a name gets it. */
static const char *name_node(struct rsl_onnx_reader *r, const struct rsl_onnx_scope *scope,
                             const Onnx__NodeProto *proto) {
    const char *wish = proto->name;
    if (wish && wish[0] && !scope->function &&
        rsl_map_get(&r->node_names, wish) == RSL_NAME_CLAIMED)
        return rsl_map_set(&r->node_names, wish, RSL_NAME_TAKEN) < 0 ? NULL : wish;
    if (!wish || !wish[0])
        wish = rsl_arena_printf(r->arena, "%s_%zu", proto->op_type, r->graph->nodes.n);
    if (wish && scope->function) wish = rsl_arena_printf(r->arena, "%s/%s", scope->call_name, wish);
    return wish ? rsl_onnx_node_name(r, wish) : NULL;
}

static int add_node(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope,
                    const Onnx__NodeProto *proto) {
    if (!proto->op_type || !proto->op_type[0])
        return rsl_fail(RSL_EFORMAT, "node '%s' names no operator", proto->name ? proto->name : "");
    const char *name = name_node(r, scope, proto);
    if (!name) return RSL_ENOMEM;
    if (proto->n_input > RSL_MANY || proto->n_output > RSL_MANY)
        return rsl_fail(RSL_EFORMAT, "node '%s' (%s) has %zu inputs and %zu outputs", name,
                        proto->op_type, proto->n_input, proto->n_output);
    int rc = check_attributes(proto);
    if (rc < 0) return rsl_fail_in(rc, "node '%s' (%s)", name, proto->op_type);

    int *in = rsl_calloc(proto->n_input + proto->n_output, sizeof *in);
    if (!in) return RSL_ENOMEM;
    int *out = in + proto->n_input;
    RSL_GOTO(value_indices(r, scope, proto->input, proto->n_input, in));
    RSL_GOTO(value_indices(r, scope, proto->output, proto->n_output, out));
    const Onnx__FunctionProto *function = rsl_onnx_find_function(r, proto);
    if (function)
        rc = rsl_onnx_inline(r, scope, function, proto, name, in, out);
    else
        rc = add_operator(r, scope, proto, name, in, out);
out:
    rsl_free(in);
    return rc;
}

int rsl_onnx_add_nodes(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope,
                       Onnx__NodeProto *const *nodes, size_t n) {
    for (size_t i = 0; i < n; i++) RSL_TRY(add_node(r, scope, nodes[i]));
    return RSL_OK;
}
