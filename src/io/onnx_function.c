/* Functions of the model: a node that calls one is replaced by the function's body.
 *
 * Recursion is refused, and so is a file whose calls would unfold into absurdly many nodes (twenty
 * functions that call each other twice are a million). */
#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "io/onnx_message.h"
#include "io/onnx_reader.h"

#include <stdio.h>
#include <string.h>

enum { MAX_CALL_DEPTH = 32, DEFAULTS_FIELD = 11 };

/* Bytes of unfolded bodies, with a surcharge a node. */
static const uint64_t max_expansion = 64 * 1024 * 1024, node_surcharge = 64;

static const char *key_of(struct rsl_arena *arena, const char *domain, const char *name) {
    return rsl_arena_printf(arena, "%s:%s", rsl_onnx_domain(domain), name ? name : "");
}

int rsl_onnx_index_functions(struct rsl_onnx_reader *r) {
    for (size_t i = 0; i < r->model->n_functions; i++) {
        const Onnx__FunctionProto *f = r->model->functions[i];
        const char *key = key_of(r->arena, f->domain, f->name);
        if (!key) return RSL_ENOMEM;
        if (!f->name || !f->name[0]) return rsl_fail(RSL_EFORMAT, "a function has no name");
        if (rsl_map_get(&r->functions, key) >= 0)
            return rsl_fail(RSL_EFORMAT, "function '%s' is defined twice", f->name);
        RSL_TRY(rsl_map_set(&r->functions, key, (int64_t)i));
        int rc = rsl_onnx_check_imports(f->opset_import, f->n_opset_import);
        if (rc < 0) return rsl_fail_in(rc, "function '%s'", f->name);
    }
    return RSL_OK;
}

const Onnx__FunctionProto *rsl_onnx_find_function(const struct rsl_onnx_reader *r,
                                                  const Onnx__NodeProto *node) {
    char key[512];
    if (r->model->n_functions == 0) return NULL;
    int n = snprintf(key, sizeof key, "%s:%s", rsl_onnx_domain(node->domain), node->op_type);
    if (n < 0 || (size_t)n >= sizeof key) return NULL;
    int64_t i = rsl_map_get(&r->functions, key);
    return i < 0 ? NULL : r->model->functions[i];
}

/* FunctionProto.attribute_proto (field 11, since ONNX 1.13): attributes with their defaults. The
 * installed onnx.proto may be older and leave them among the unknown fields. */
static int read_defaults(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope) {
    const ProtobufCMessage *base = &scope->function->base;
    Onnx__AttributeProto **defaults =
        rsl_arena_array(r->arena, base->n_unknown_fields, sizeof *defaults);
    if (!defaults) return RSL_ENOMEM;
    scope->defaults = defaults;
    for (size_t i = 0; i < base->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *u = &base->unknown_fields[i];
        if (u->tag != DEFAULTS_FIELD || u->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            continue;
        size_t prefix = 0; /* the length stays in front of an unknown field's data */
        while (prefix < u->len && u->data[prefix] & 0x80) prefix++;
        prefix++;
        void *attribute;
        if (prefix > u->len) continue;
        RSL_TRY(rsl_onnx_unpack(&attribute, &onnx__attribute_proto__descriptor, u->data + prefix,
                                u->len - prefix, r->arena));
        defaults[scope->n_defaults++] = attribute;
    }
    return RSL_OK;
}

static int check_expansion(struct rsl_onnx_reader *r, const struct rsl_onnx_scope *scope) {
    const Onnx__FunctionProto *f = scope->function;
    int depth = 0;
    for (const struct rsl_onnx_scope *s = scope->outer; s && s->function; s = s->outer, depth++)
        if (s->function == f)
            return rsl_fail(RSL_EUNSUPPORTED, "function '%s' calls itself", f->name);
    if (depth > MAX_CALL_DEPTH)
        return rsl_fail(RSL_EUNSUPPORTED, "function '%s': calls nested more than %d deep", f->name,
                        (int)MAX_CALL_DEPTH);
    r->expanded += protobuf_c_message_get_packed_size(&f->base) + (f->n_node + 1) * node_surcharge;
    if (r->expanded > max_expansion)
        return rsl_fail(RSL_EUNSUPPORTED, "the functions unfold into too many nodes");
    return RSL_OK;
}

/* Formal inputs and outputs become the call's values. An output that is also an input, or comes
 * twice, keeps its first value; forward_outputs copies it. */
static int bind_values(struct rsl_onnx_scope *scope, const int *in, const int *out) {
    const Onnx__FunctionProto *f = scope->function;
    for (size_t i = 0; i < f->n_input; i++) {
        if (rsl_map_get(&scope->values, f->input[i]) >= 0)
            return rsl_fail(RSL_EFORMAT, "function '%s' has input '%s' twice", f->name,
                            f->input[i]);
        int value = i < scope->call->n_input ? in[i] : RSL_ABSENT;
        RSL_TRY(rsl_map_set(&scope->values, f->input[i], value + 1));
    }
    for (size_t i = 0; i < scope->call->n_output; i++) {
        if (out[i] == RSL_ABSENT || rsl_map_get(&scope->values, f->output[i]) >= 0) continue;
        RSL_TRY(rsl_map_set(&scope->values, f->output[i], out[i] + 1));
    }
    return RSL_OK;
}

static int forward_outputs(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope,
                           const int *out) {
    const Onnx__FunctionProto *f = scope->function;
    for (size_t i = 0; i < scope->call->n_output; i++) {
        int value;
        if (out[i] == RSL_ABSENT) continue;
        RSL_TRY(rsl_onnx_value(r, scope, f->output[i], &value));
        if (value == out[i]) continue;
        const struct rsl_op *op = rsl_op_find("", "Identity");
        if (!op || value == RSL_ABSENT)
            return rsl_fail(RSL_EFORMAT, "function '%s': output '%s' has no value", f->name,
                            f->output[i]);
        const char *wish = rsl_arena_printf(r->arena, "%s/Identity", scope->call_name);
        const char *name = wish ? rsl_onnx_node_name(r, wish) : NULL;
        if (!name) return RSL_ENOMEM;
        int node = rsl_graph_add_node(r->graph, op, name, &value, 1, &out[i], 1);
        if (node < 0) return node;
    }
    return RSL_OK;
}

static int inline_body(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope, const int *in,
                       const int *out) {
    RSL_TRY(check_expansion(r, scope));
    RSL_TRY(read_defaults(r, scope));
    RSL_TRY(bind_values(scope, in, out));
    RSL_TRY(rsl_onnx_add_nodes(r, scope, scope->function->node, scope->function->n_node));
    return forward_outputs(r, scope, out);
}

int rsl_onnx_inline(struct rsl_onnx_reader *r, const struct rsl_onnx_scope *scope,
                    const Onnx__FunctionProto *function, const Onnx__NodeProto *call,
                    const char *name, const int *in, const int *out) {
    if (call->n_input > function->n_input || call->n_output > function->n_output)
        return rsl_fail(
            RSL_EGRAPH, "node '%s' has %zu inputs and %zu outputs, function '%s' %zu and %zu", name,
            call->n_input, call->n_output, function->name, function->n_input, function->n_output);
    struct rsl_onnx_scope inner = {.outer = scope,
                                   .function = function,
                                   .call = call,
                                   .call_name = name,
                                   .imports = function->opset_import,
                                   .n_imports = function->n_opset_import};
    int rc = inline_body(r, &inner, in, out);
    rsl_map_free(&inner.values);
    return rc;
}
