/* Reading ONNX models.
 *
 * The file is mapped, unpacked once and closed; the unpacked message stays as the model's backing,
 * and constants point into it. So the peak is twice the file, and nothing of the file is needed
 * afterwards. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "io/checkpoint.h"
#include "io/onnx.h"
#include "io/onnx_message.h"
#include "io/onnx_reader.h"
#include "io/onnx_tensor.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_METADATA = 4096 };

static void free_backing(void *backing) {
    rsl_arena_free(backing);
    rsl_free(backing);
}

/* ---- values ---- */

static int add_initializers(struct rsl_onnx_reader *r, const Onnx__GraphProto *g) {
    if (g->n_sparse_initializer)
        return rsl_fail(RSL_EUNSUPPORTED, "sparse initializers are not supported");
    for (size_t i = 0; i < g->n_initializer; i++) {
        const Onnx__TensorProto *proto = g->initializer[i];
        struct rsl_tensor t;
        if (!proto->name || !proto->name[0])
            return rsl_fail(RSL_EFORMAT, "initializer %zu has no name", i);
        int rc = rsl_onnx_tensor(&t, proto, r->arena, r->folder);
        if (rc < 0) return rsl_fail_in(rc, "initializer '%s'", proto->name);
        rc = rsl_graph_add_constant(r->graph, proto->name, &t);
        if (rc < 0) return rc;
    }
    return RSL_OK;
}

/* The tensor type of a graph input or output; NULL type is left to the caller. */
static int tensor_type(const Onnx__TypeProto *type, const Onnx__TypeProto__Tensor **tensor) {
    static const char *const kinds[] = {
        [ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE] = "a sequence",
        [ONNX__TYPE_PROTO__VALUE_MAP_TYPE] = "a map",
        [ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE] = "an optional",
        [ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE] = "a sparse tensor",
    };
    *tensor = NULL;
    if (!type || type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET) return RSL_OK;
    if (type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
        *tensor = type->tensor_type;
        return RSL_OK;
    }
    size_t kind = (size_t)type->value_case;
    const char *what = kind < sizeof kinds / sizeof *kinds ? kinds[kind] : NULL;
    return rsl_fail(RSL_EUNSUPPORTED, "is %s, only tensors are supported",
                    what ? what : "of unknown kind");
}

static int declared_shape(struct rsl_shape *shape, const Onnx__TensorShapeProto *proto) {
    if (!proto) return rsl_fail(RSL_EUNSUPPORTED, "has no shape");
    if (proto->n_dim > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "has %zu dimensions, at most %d are supported",
                        proto->n_dim, (int)RSL_MAX_RANK);
    *shape = (struct rsl_shape){.rank = (int)proto->n_dim};
    for (size_t i = 0; i < proto->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = proto->dim[i];
        bool known = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        /* Converters write open dimensions as -1, and an open batch as 0. */
        if (known && (d->dim_value == -1 || (d->dim_value == 0 && i == 0 && proto->n_dim > 1)))
            known = false;
        if (known && (d->dim_value < 0 || d->dim_value > RSL_MAX_ELEMENTS))
            return rsl_fail(RSL_ESHAPE, "has the impossible dimension %" PRId64, d->dim_value);
        shape->dim[i] = known ? d->dim_value : -1;
    }
    return RSL_OK;
}

static int declared_tensor(struct rsl_tensor *t, const Onnx__ValueInfoProto *proto) {
    const Onnx__TypeProto__Tensor *type;
    RSL_TRY(tensor_type(proto->type, &type));
    if (!type) return rsl_fail(RSL_EFORMAT, "has no type");
    int number = type->has_elem_type ? type->elem_type : 0;
    if (number == ONNX__TENSOR_PROTO__DATA_TYPE__STRING)
        return rsl_fail(RSL_EUNSUPPORTED, "holds strings, which are not supported");
    if (!rsl_dtype_traits(number))
        return rsl_fail(RSL_EUNSUPPORTED, "has element type %d, which is not supported", number);
    *t = (struct rsl_tensor){.dtype = (enum rsl_dtype)number};
    return declared_shape(&t->shape, type->shape);
}

/* Up to IR version 3 every initializer is an input as well: it stays a constant. */
static int add_inputs(struct rsl_onnx_reader *r, const Onnx__GraphProto *g) {
    for (size_t i = 0; i < g->n_input; i++) {
        const Onnx__ValueInfoProto *proto = g->input[i];
        struct rsl_tensor t;
        if (!proto->name || !proto->name[0])
            return rsl_fail(RSL_EFORMAT, "graph input %zu has no name", i);
        int known = rsl_graph_find(r->graph, proto->name);
        if (known >= 0 && r->graph->values.at[known].kind == RSL_VALUE_CONSTANT) continue;
        int rc = declared_tensor(&t, proto);
        if (rc < 0) return rsl_fail_in(rc, "graph input '%s'", proto->name);
        rc = rsl_graph_add_input(r->graph, proto->name, t.dtype, &t.shape);
        if (rc < 0) return rc;
    }
    return RSL_OK;
}

static int add_outputs(struct rsl_onnx_reader *r, const Onnx__GraphProto *g) {
    for (size_t i = 0; i < g->n_output; i++) {
        const Onnx__ValueInfoProto *proto = g->output[i];
        const Onnx__TypeProto__Tensor *type;
        if (!proto->name || !proto->name[0])
            return rsl_fail(RSL_EFORMAT, "graph output %zu has no name", i);
        int rc = tensor_type(proto->type, &type);
        if (rc < 0) return rsl_fail_in(rc, "graph output '%s'", proto->name);
        int value = rsl_graph_value(r->graph, proto->name);
        if (value < 0) return value;
        RSL_TRY(rsl_graph_add_output(r->graph, value));
    }
    return RSL_OK;
}

/* Claims every name that is written in the main graph, so that none made up while functions are
 * inlined can meet it. */
static int claim_names(struct rsl_onnx_reader *r, const Onnx__GraphProto *g) {
    for (size_t i = 0; i < g->n_node; i++) {
        const Onnx__NodeProto *n = g->node[i];
        for (size_t k = 0; k < n->n_output; k++) {
            if (!n->output[k] || !n->output[k][0]) continue;
            int value = rsl_graph_value(r->graph, n->output[k]);
            if (value < 0) return value;
        }
        if (!n->name || !n->name[0]) continue;
        RSL_TRY(rsl_map_set(&r->node_names, n->name, RSL_NAME_CLAIMED));
    }
    return RSL_OK;
}

/* ---- the model ---- */

static int add_metadata(struct rsl_model *m, const Onnx__ModelProto *proto) {
    if (proto->n_metadata_props > MAX_METADATA)
        return rsl_fail(RSL_EFORMAT, "has %zu metadata entries", proto->n_metadata_props);
    for (size_t i = 0; i < proto->n_metadata_props; i++) {
        const Onnx__StringStringEntryProto *e = proto->metadata_props[i];
        if (!e->key || !e->key[0]) continue;
        RSL_TRY(rsl_model_set_meta(m, e->key, e->value ? e->value : ""));
    }
    return RSL_OK;
}

static int read_graph(struct rsl_onnx_reader *r) {
    const Onnx__ModelProto *proto = r->model;
    const Onnx__GraphProto *g = proto->graph;
    if (!g) return rsl_fail(RSL_EFORMAT, "is no ONNX model: it holds no graph");
    struct rsl_onnx_scope scope = {.imports = proto->opset_import,
                                   .n_imports = proto->n_opset_import};
    RSL_TRY(rsl_onnx_check_imports(proto->opset_import, proto->n_opset_import));
    int version = rsl_onnx_version(&scope, "");
    if (version > 0) r->graph->opset = version < RSL_OPSET_FIRST ? RSL_OPSET_FIRST : version;
    if (g->name && !(r->graph->name = rsl_arena_strdup(&r->graph->arena, g->name))) {
        r->graph->name = "";
        return RSL_ENOMEM;
    }
    RSL_TRY(rsl_onnx_index_functions(r));
    RSL_TRY(add_initializers(r, g));
    RSL_TRY(add_inputs(r, g));
    RSL_TRY(claim_names(r, g));
    RSL_TRY(rsl_onnx_add_nodes(r, &scope, g->node, g->n_node));
    RSL_TRY(add_outputs(r, g));
    RSL_TRY(rsl_graph_check(r->graph));
    return rsl_onnx_settle_constants(r);
}

static int build(struct rsl_model *m, const Onnx__ModelProto *proto, const char *folder) {
    struct rsl_onnx_reader r = {
        .graph = &m->graph, .arena = m->backing, .folder = folder, .model = proto};
    int rc = read_graph(&r);
    rsl_map_free(&r.node_names);
    rsl_map_free(&r.functions);
    if (rc == RSL_OK) rc = add_metadata(m, proto);
    for (const rsl_model_form *f = rsl_model_forms; *f && rc == RSL_OK; f++) rc = (*f)(m);
    return rc;
}

/* Releases the file, when there is one, as soon as the message is unpacked. */
static int read_model(struct rsl_model **model, const uint8_t *data, size_t size,
                      struct rsl_file *file, const char *folder) {
    struct rsl_model *m = rsl_model_new();
    void *message;
    int rc = RSL_ENOMEM;
    if (!m) return rc;
    m->backing = rsl_calloc(1, sizeof(struct rsl_arena));
    if (!m->backing) goto out;
    m->free_backing = free_backing;
    RSL_GOTO(rsl_onnx_unpack(&message, &onnx__model_proto__descriptor, data, size, m->backing));
    if (file) rsl_file_close(file);
    RSL_GOTO(build(m, message, folder));
    *model = m;
    return RSL_OK;
out:
    rsl_model_free(m);
    return rc;
}

int rsl_onnx_read(struct rsl_model **model, const uint8_t *data, size_t size, const char *name,
                  const char *folder) {
    *model = NULL;
    int rc = read_model(model, data, size, NULL, folder);
    return rc < 0 ? rsl_fail_in(rc, "%s", name) : RSL_OK;
}

/* The folder part of a path, "." when it has none. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = rsl_strdup(slash ? path : ".");
    if (folder && slash) folder[slash == path ? 1 : slash - path] = 0;
    return folder;
}

int rsl_model_load(struct rsl_model **model, const char *path) {
    struct rsl_file file;
    *model = NULL;
    RSL_TRY(rsl_file_open(&file, path));
    char *folder = folder_of(path);
    int rc;
    if (!folder)
        rc = RSL_ENOMEM;
    else if (rsl_checkpoint_detect(file.data, file.size))
        rc = rsl_fail(RSL_EFORMAT,
                      "is a checkpoint, which has weights and no network: 'resile "
                      "import' with the network's name makes a model of it, or, where the zoo has "
                      "no such network, torch.onnx.export in PyTorch");
    else
        rc = read_model(model, file.data, file.size, &file, folder);
    rsl_free(folder);
    rsl_file_close(&file);
    return rc < 0 ? rsl_fail_in(rc, "%s", path) : RSL_OK;
}

int rsl_onnx_read_tensor(struct rsl_tensor *t, struct rsl_arena *arena, const uint8_t *data,
                         size_t size, const char *name) {
    void *message;
    int rc = rsl_onnx_unpack(&message, &onnx__tensor_proto__descriptor, data, size, arena);
    if (rc == RSL_OK) rc = rsl_onnx_tensor(t, message, arena, NULL);
    return rc < 0 ? rsl_fail_in(rc, "%s", name) : RSL_OK;
}
