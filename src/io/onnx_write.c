/* Writing ONNX models.
 *
 * The message is a skeleton of protobuf-c structs whose names, attributes and weights point into
 * the graph; packing streams it into the file, so saving needs no second copy of the weights.
 * Written are IR version 8, the graph's opset, raw data in one file: at most 2 GB. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "graph/model.h"
#include "graph/op.h"

#include <onnx.pb-c.h>
#include <string.h>

enum { IR_VERSION = 8, TRIALS = 2 };

struct skeleton {
    struct rsl_arena arena;
    const struct rsl_model *model;
    const struct rsl_graph *graph;
    struct rsl_tensor *outputs; /* type and shape of each; RSL_NO_DTYPE when not known */
    Onnx__ModelProto proto;
    Onnx__GraphProto graph_proto;
};

/* `n` pointers to messages of a generated type, each initialized. */
#define MESSAGES(s, list, n, init, type)                                       \
    do {                                                                       \
        type **pointers = rsl_arena_array(&(s)->arena, (n), sizeof *pointers); \
        type *items = rsl_arena_array(&(s)->arena, (n), sizeof *items);        \
        if (!pointers || !items) return RSL_ENOMEM;                            \
        for (size_t item = 0; item < (n); item++) {                            \
            init(&items[item]);                                                \
            pointers[item] = &items[item];                                     \
        }                                                                      \
        (list) = pointers;                                                     \
    } while (0)

/* ---- tensors and attributes ---- */

static int fill_tensor(struct skeleton *s, Onnx__TensorProto *p, const struct rsl_tensor *t) {
    p->n_dims = (size_t)t->shape.rank;
    p->dims = rsl_arena_memdup(&s->arena, t->shape.dim, p->n_dims * sizeof *p->dims);
    if (!p->dims) return RSL_ENOMEM;
    p->has_data_type = true;
    p->data_type = (int32_t)t->dtype;
    p->has_raw_data = true;
    p->raw_data = (ProtobufCBinaryData){rsl_tensor_bytes(t), t->data};
    return RSL_OK;
}

static ProtobufCBinaryData bytes_of(const char *text) {
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
}

static int fill_attribute(struct skeleton *s, Onnx__AttributeProto *p, const struct rsl_attr *a) {
    p->name = (char *)a->name;
    p->has_type = true;
    p->type = (Onnx__AttributeProto__AttributeType)a->type;
    switch (a->type) {
        case RSL_ATTR_FLOAT:
            p->has_f = true;
            p->f = a->f;
            break;
        case RSL_ATTR_INT:
            p->has_i = true;
            p->i = a->i;
            break;
        case RSL_ATTR_STRING:
            p->has_s = true;
            p->s = bytes_of(a->s);
            break;
        case RSL_ATTR_TENSOR:
            p->t = rsl_arena_alloc(&s->arena, sizeof *p->t);
            if (!p->t) return RSL_ENOMEM;
            onnx__tensor_proto__init(p->t);
            return fill_tensor(s, p->t, a->t);
        case RSL_ATTR_FLOATS:
            p->n_floats = a->count;
            p->floats = (float *)a->floats;
            break;
        case RSL_ATTR_INTS:
            p->n_ints = a->count;
            p->ints = (int64_t *)a->ints;
            break;
        case RSL_ATTR_STRINGS:
            p->n_strings = a->count;
            p->strings = rsl_arena_array(&s->arena, a->count, sizeof *p->strings);
            if (!p->strings) return RSL_ENOMEM;
            for (size_t i = 0; i < a->count; i++) p->strings[i] = bytes_of(a->strings[i]);
            break;
    }
    return RSL_OK;
}

/* ---- nodes ---- */

static int fill_names(struct skeleton *s, char ***names, const int *values, int n) {
    *names = rsl_arena_array(&s->arena, (size_t)n, sizeof **names);
    if (!*names) return RSL_ENOMEM;
    for (int i = 0; i < n; i++)
        (*names)[i] =
            values[i] == RSL_ABSENT ? (char *)"" : (char *)s->graph->values.at[values[i]].name;
    return RSL_OK;
}

static int fill_node(struct skeleton *s, Onnx__NodeProto *p, const struct rsl_node *n) {
    p->name = (char *)n->name;
    p->op_type = (char *)n->op->name;
    if (n->op->domain[0]) p->domain = (char *)n->op->domain;
    p->n_input = (size_t)n->n_in;
    p->n_output = (size_t)n->n_out;
    RSL_TRY(fill_names(s, &p->input, n->in, n->n_in));
    RSL_TRY(fill_names(s, &p->output, n->out, n->n_out));
    p->n_attribute = (size_t)n->n_attrs;
    MESSAGES(s, p->attribute, p->n_attribute, onnx__attribute_proto__init, Onnx__AttributeProto);
    for (int i = 0; i < n->n_attrs; i++) RSL_TRY(fill_attribute(s, p->attribute[i], &n->attrs[i]));
    return RSL_OK;
}

/* A file has one version for each domain: the first to be asked for. Returns it in *version. */
static int import_domain(struct skeleton *s, const char *domain, int *version) {
    Onnx__ModelProto *m = &s->proto;
    for (size_t i = 0; i < m->n_opset_import; i++)
        if (strcmp(m->opset_import[i]->domain, domain) == 0) {
            *version = (int)m->opset_import[i]->version;
            return RSL_OK;
        }
    Onnx__OperatorSetIdProto **grown =
        rsl_arena_array(&s->arena, m->n_opset_import + 1, sizeof *grown);
    Onnx__OperatorSetIdProto *import = rsl_arena_alloc(&s->arena, sizeof *import);
    if (!grown || !import) return RSL_ENOMEM;
    if (m->n_opset_import) memcpy(grown, m->opset_import, m->n_opset_import * sizeof *grown);
    onnx__operator_set_id_proto__init(import);
    import->domain = (char *)domain;
    import->has_version = true;
    import->version = *version;
    grown[m->n_opset_import++] = import;
    m->opset_import = grown;
    return RSL_OK;
}

static int fill_nodes(struct skeleton *s) {
    const struct rsl_graph *g = s->graph;
    Onnx__GraphProto *p = &s->graph_proto;
    int version = g->opset;
    RSL_TRY(import_domain(s, "", &version));
    p->n_node = g->nodes.n;
    MESSAGES(s, p->node, p->n_node, onnx__node_proto__init, Onnx__NodeProto);
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        version = n->opset;
        RSL_TRY(import_domain(s, n->op->domain, &version));
        if (version != n->opset)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "node '%s' (%s) is of opset %d, others of %d: a file has one", n->name,
                            n->op->name, n->opset, version);
        RSL_TRY(fill_node(s, p->node[i], n));
    }
    return RSL_OK;
}

/* ---- values ---- */

static int fill_initializers(struct skeleton *s) {
    const struct rsl_graph *g = s->graph;
    Onnx__GraphProto *p = &s->graph_proto;
    size_t n = 0;
    for (size_t i = 0; i < g->values.n; i++) n += g->values.at[i].kind == RSL_VALUE_CONSTANT;
    MESSAGES(s, p->initializer, n, onnx__tensor_proto__init, Onnx__TensorProto);
    for (size_t i = 0; i < g->values.n; i++) {
        const struct rsl_value *v = &g->values.at[i];
        if (v->kind != RSL_VALUE_CONSTANT) continue;
        Onnx__TensorProto *t = p->initializer[p->n_initializer++];
        t->name = (char *)v->name;
        RSL_TRY(fill_tensor(s, t, &v->tensor));
    }
    return RSL_OK;
}

/* Open dimensions: the first is the batch "N", others stay without a word. */
static int fill_value(struct skeleton *s, Onnx__ValueInfoProto *p, const char *name,
                      const struct rsl_tensor *t) {
    p->name = (char *)name;
    if (t->dtype == RSL_NO_DTYPE) return RSL_OK;
    p->type = rsl_arena_alloc(&s->arena, sizeof *p->type);
    Onnx__TypeProto__Tensor *tensor = rsl_arena_alloc(&s->arena, sizeof *tensor);
    Onnx__TensorShapeProto *shape = rsl_arena_alloc(&s->arena, sizeof *shape);
    if (!p->type || !tensor || !shape) return RSL_ENOMEM;
    onnx__type_proto__init(p->type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    p->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    p->type->tensor_type = tensor;
    tensor->has_elem_type = true;
    tensor->elem_type = (int32_t)t->dtype;
    tensor->shape = shape;
    shape->n_dim = (size_t)t->shape.rank;
    MESSAGES(s, shape->dim, shape->n_dim, onnx__tensor_shape_proto__dimension__init,
             Onnx__TensorShapeProto__Dimension);
    for (int i = 0; i < t->shape.rank; i++) {
        Onnx__TensorShapeProto__Dimension *d = shape->dim[i];
        if (t->shape.dim[i] >= 0) {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            d->dim_value = t->shape.dim[i];
        } else if (i == 0) {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            d->dim_param = (char *)"N";
        }
    }
    return RSL_OK;
}

static int fill_face(struct skeleton *s) {
    const struct rsl_graph *g = s->graph;
    Onnx__GraphProto *p = &s->graph_proto;
    p->n_input = g->inputs.n;
    p->n_output = g->outputs.n;
    MESSAGES(s, p->input, p->n_input, onnx__value_info_proto__init, Onnx__ValueInfoProto);
    MESSAGES(s, p->output, p->n_output, onnx__value_info_proto__init, Onnx__ValueInfoProto);
    for (size_t i = 0; i < g->inputs.n; i++) {
        const struct rsl_value *v = &g->values.at[g->inputs.at[i]];
        RSL_TRY(fill_value(s, p->input[i], v->name, &v->tensor));
    }
    for (size_t i = 0; i < g->outputs.n; i++) {
        const struct rsl_value *v = &g->values.at[g->outputs.at[i]];
        RSL_TRY(fill_value(s, p->output[i], v->name, &s->outputs[i]));
    }
    return RSL_OK;
}

/* Infers a copy of the graph with its open dimensions set to numbers that depend on the trial. */
static int infer_trial(const struct rsl_graph *g, int trial, struct rsl_tensor *outputs) {
    struct rsl_graph copy;
    RSL_TRY(rsl_graph_copy(&copy, g));
    for (size_t i = 0; i < copy.inputs.n; i++) {
        struct rsl_shape *shape = &copy.values.at[copy.inputs.at[i]].tensor.shape;
        for (int d = 0; d < shape->rank; d++)
            if (shape->dim[d] < 0) shape->dim[d] = d == 0 ? 2 + trial : 32 * (2 + trial);
    }
    int rc = rsl_graph_infer(&copy, 0);
    for (size_t i = 0; i < g->outputs.n && rc == RSL_OK; i++)
        outputs[i] = copy.values.at[copy.outputs.at[i]].tensor;
    rsl_graph_free(&copy);
    return rc;
}

/* Types and shapes of the outputs for the file: dimensions that differ between two inferences are
 * open. A graph that cannot be inferred like this is written without them. */
static int infer_outputs(struct skeleton *s) {
    size_t n = s->graph->outputs.n;
    struct rsl_tensor *trial[TRIALS];
    for (int k = 0; k < TRIALS; k++) {
        trial[k] = rsl_arena_array(&s->arena, n, sizeof *trial[k]);
        int rc = trial[k] ? infer_trial(s->graph, k, trial[k]) : RSL_ENOMEM;
        if (rc == RSL_ENOMEM) return rc;
        if (rc < 0) {
            s->outputs = rsl_arena_array(&s->arena, n, sizeof *s->outputs);
            return s->outputs ? RSL_OK : RSL_ENOMEM;
        }
    }
    s->outputs = trial[0];
    for (size_t i = 0; i < n; i++) {
        struct rsl_tensor *a = &trial[0][i], *b = &trial[1][i];
        if (a->shape.rank != b->shape.rank) a->dtype = RSL_NO_DTYPE;
        for (int d = 0; d < a->shape.rank && d < b->shape.rank; d++)
            if (a->shape.dim[d] != b->shape.dim[d]) a->shape.dim[d] = -1;
    }
    return RSL_OK;
}

/* ---- the file ---- */

static int fill_model(struct skeleton *s) {
    const struct rsl_model *m = s->model;
    onnx__model_proto__init(&s->proto);
    onnx__graph_proto__init(&s->graph_proto);
    s->proto.has_ir_version = true;
    s->proto.ir_version = IR_VERSION;
    s->proto.producer_name = (char *)"resile";
    s->proto.graph = &s->graph_proto;
    s->graph_proto.name = (char *)(s->graph->name[0] ? s->graph->name : "model");
    RSL_TRY(infer_outputs(s));
    RSL_TRY(fill_nodes(s));
    RSL_TRY(fill_initializers(s));
    RSL_TRY(fill_face(s));
    s->proto.n_metadata_props = m->meta.n;
    MESSAGES(s, s->proto.metadata_props, m->meta.n, onnx__string_string_entry_proto__init,
             Onnx__StringStringEntryProto);
    for (size_t i = 0; i < m->meta.n; i++) {
        s->proto.metadata_props[i]->key = m->meta.at[i].key;
        s->proto.metadata_props[i]->value = m->meta.at[i].value;
    }
    if (onnx__model_proto__get_packed_size(&s->proto) > INT32_MAX)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "the model exceeds the 2 GB of an ONNX file; external data would be "
                        "needed, which are not written");
    return RSL_OK;
}

struct file_buffer {
    ProtobufCBuffer base;
    struct rsl_writer writer;
};

static void append(ProtobufCBuffer *buffer, size_t n, const uint8_t *data) {
    rsl_writer_add(&((struct file_buffer *)buffer)->writer, data, n);
}

static int save(struct skeleton *s, const char *path) {
    int rc = fill_model(s);
    if (rc < 0) return rsl_fail_in(rc, "%s", path);
    struct file_buffer out = {.base = {append}};
    RSL_TRY(rsl_writer_open(&out.writer, path));
    onnx__model_proto__pack_to_buffer(&s->proto, &out.base);
    return rsl_writer_commit(&out.writer);
}

int rsl_model_can_save(const char *path) {
    return rsl_file_writable(path);
}

int rsl_model_save(const struct rsl_model *model, const char *path) {
    struct skeleton s = {.model = model, .graph = &model->graph};
    int rc = save(&s, path);
    rsl_arena_free(&s.arena);
    return rc;
}
