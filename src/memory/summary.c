/* See resile/info.h. The shapes come from inference for one image on a copy of the graph; nothing
 * is computed but the constants that decide shapes. */
#include "resile/info.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/status.h"
#include "graph/model.h"
#include "graph/op.h"
#include "graph/parameters.h"
#include "memory/image.h"

#include <assert.h>

/* An input or output of the graph. */
struct face {
    const char *name, *type, *shape;
};

struct layer {
    const char *name, *op, *shape, *type;
    int64_t parameters, weights, bits, macs;
};

struct rsl_info {
    struct rsl_arena arena; /* everything below */
    struct face *inputs, *outputs;
    struct layer *layers;
    size_t n_inputs, n_outputs, n_layers;
    int64_t parameters, buffers, weights, bits, macs;
};

/* What is needed while the info is made. */
struct work {
    struct rsl_info *info;
    const struct rsl_memory *image; /* NULL: the weights are the constants' own bytes */
    struct rsl_graph graph;         /* the copy with shapes */
    enum rsl_constant_role *roles;  /* per value */
    bool *counted;                  /* per value: its weights are in the totals */
};

static const char *shape_text(struct rsl_info *info, const struct rsl_shape *shape) {
    char text[RSL_SHAPE_TEXT];
    return rsl_arena_strdup(&info->arena, rsl_shape_text(shape, text));
}

static int take_faces(struct rsl_info *info, const struct rsl_graph *g, const int *values, size_t n,
                      struct face **faces) {
    *faces = rsl_arena_array(&info->arena, n, sizeof **faces);
    if (!*faces) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct rsl_value *v = &g->values.at[values[i]];
        struct face *f = &(*faces)[i];
        f->name = rsl_arena_strdup(&info->arena, v->name);
        f->type = rsl_dtype_name((int)v->tensor.dtype);
        f->shape = shape_text(info, &v->tensor.shape);
        if (!f->name || !f->shape) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* ---- layers ---- */

static int64_t macs(const struct rsl_graph *g, const struct rsl_node *n, struct rsl_arena *arena) {
    if (!n->op->macs) return 0;
    const struct rsl_tensor **in = rsl_arena_array(arena, (size_t)n->n_in + 1, sizeof *in);
    struct rsl_tensor **out = rsl_arena_array(arena, (size_t)n->n_out + 1, sizeof *out);
    if (!in || !out) return RSL_ENOMEM;
    for (int k = 0; k < n->n_in; k++)
        in[k] = n->in[k] == RSL_ABSENT ? NULL : &g->values.at[n->in[k]].tensor;
    for (int k = 0; k < n->n_out; k++)
        out[k] = n->out[k] == RSL_ABSENT ? NULL : &g->values.at[n->out[k]].tensor;
    struct rsl_call call = {
        .node = n, .opset = n->opset, .n_in = n->n_in, .n_out = n->n_out, .in = in, .out = out};
    return n->op->macs(&call);
}

/* How the weights of value v are stored, when the model has an image. */
static int take_storage(struct work *w, int v, struct layer *layer) {
    char text[RSL_STORAGE_TEXT];
    for (int k = 0; w->image && k < w->image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &w->image->tensors[k];
        if (t->value != v) continue;
        struct rsl_storage s = t->storage;
        s.encoding.axis = RSL_AXIS_OUTPUT;
        layer->bits = t->groups.stored;
        layer->type = rsl_arena_strdup(&w->info->arena, rsl_storage_text(&s, text));
        if (!layer->type) return RSL_ENOMEM;
    }
    return RSL_OK;
}

static int take_weight(struct work *w, const struct rsl_node *n, struct layer *layer) {
    int v = rsl_node_weight(&w->graph, n);
    if (v == RSL_ABSENT) return RSL_OK;
    const struct rsl_tensor *t = &w->graph.values.at[v].tensor;
    layer->weights = rsl_tensor_count(t);
    layer->bits = (int64_t)rsl_tensor_bytes(t) * 8;
    layer->type = rsl_dtype_name((int)t->dtype);
    RSL_TRY(take_storage(w, v, layer));
    if (w->counted[v]) return RSL_OK;
    w->counted[v] = true;
    w->info->weights += layer->weights;
    w->info->bits += layer->bits;
    return RSL_OK;
}

static int take_layer(struct work *w, const struct rsl_node *n, struct layer *layer) {
    struct rsl_info *info = w->info;
    layer->name = rsl_arena_strdup(&info->arena, n->name);
    layer->op = n->op->name;
    layer->type = "";
    layer->shape = "";
    if (n->n_out > 0 && n->out[0] != RSL_ABSENT)
        layer->shape = shape_text(info, &w->graph.values.at[n->out[0]].tensor.shape);
    if (!layer->name || !layer->shape) return RSL_ENOMEM;
    for (int k = 0; k < n->n_in; k++)
        if (n->in[k] != RSL_ABSENT && w->roles[n->in[k]] == RSL_ROLE_PARAMETER)
            layer->parameters += rsl_tensor_count(&w->graph.values.at[n->in[k]].tensor);
    RSL_TRY(take_weight(w, n, layer));
    layer->macs = macs(&w->graph, n, &w->graph.arena);
    if (layer->macs < 0) return (int)layer->macs;
    info->macs += layer->macs;
    return RSL_OK;
}

static int take_layers(struct work *w) {
    struct rsl_info *info = w->info;
    const struct rsl_graph *g = &w->graph;
    for (size_t i = 0; i < g->values.n; i++) {
        const struct rsl_tensor *t = &g->values.at[i].tensor;
        if (w->roles[i] == RSL_ROLE_PARAMETER) info->parameters += rsl_tensor_count(t);
        if (w->roles[i] == RSL_ROLE_BUFFER) info->buffers += rsl_tensor_count(t);
    }
    info->n_layers = g->nodes.n;
    info->layers = rsl_arena_array(&info->arena, g->nodes.n, sizeof *info->layers);
    if (!info->layers) return RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n; i++)
        RSL_TRY(take_layer(w, &g->nodes.at[i], &info->layers[i]));
    return RSL_OK;
}

/* ---- making and freeing ---- */

static int fill(struct work *w, const struct rsl_graph *g) {
    struct rsl_info *info = w->info;
    info->n_inputs = g->inputs.n;
    info->n_outputs = g->outputs.n;
    RSL_TRY(take_faces(info, g, g->inputs.at, g->inputs.n, &info->inputs));
    rsl_graph_set_batch(&w->graph, 1);
    RSL_TRY(rsl_graph_infer(&w->graph, 0));
    RSL_TRY(take_faces(info, &w->graph, g->outputs.at, g->outputs.n, &info->outputs));
    w->roles = rsl_calloc(w->graph.values.n, sizeof *w->roles);
    w->counted = rsl_calloc(w->graph.values.n, sizeof *w->counted);
    if (!w->roles || !w->counted) return RSL_ENOMEM;
    rsl_graph_roles(&w->graph, w->roles);
    return take_layers(w);
}

int rsl_model_info(struct rsl_info **info, const struct rsl_model *model) {
    struct work w = {.info = rsl_calloc(1, sizeof *w.info), .image = model->image};
    if (!w.info) return RSL_ENOMEM;
    int rc = rsl_graph_copy(&w.graph, &model->graph);
    if (rc == RSL_OK) {
        rc = fill(&w, &model->graph);
        rsl_graph_free(&w.graph);
    }
    rsl_free(w.roles);
    rsl_free(w.counted);
    if (rc < 0) {
        rsl_info_free(w.info);
        return rc;
    }
    *info = w.info;
    return RSL_OK;
}

void rsl_info_free(struct rsl_info *info) {
    if (!info) return;
    rsl_arena_free(&info->arena);
    rsl_free(info);
}

/* ---- reading ---- */

size_t rsl_info_inputs(const struct rsl_info *info) {
    return info->n_inputs;
}

static const struct face *input(const struct rsl_info *info, size_t i) {
    assert(i < info->n_inputs);
    return &info->inputs[i];
}

const char *rsl_info_input_name(const struct rsl_info *info, size_t i) {
    return input(info, i)->name;
}

const char *rsl_info_input_type(const struct rsl_info *info, size_t i) {
    return input(info, i)->type;
}

const char *rsl_info_input_shape(const struct rsl_info *info, size_t i) {
    return input(info, i)->shape;
}

size_t rsl_info_outputs(const struct rsl_info *info) {
    return info->n_outputs;
}

static const struct face *output(const struct rsl_info *info, size_t i) {
    assert(i < info->n_outputs);
    return &info->outputs[i];
}

const char *rsl_info_output_name(const struct rsl_info *info, size_t i) {
    return output(info, i)->name;
}

const char *rsl_info_output_type(const struct rsl_info *info, size_t i) {
    return output(info, i)->type;
}

const char *rsl_info_output_shape(const struct rsl_info *info, size_t i) {
    return output(info, i)->shape;
}

int64_t rsl_info_nodes(const struct rsl_info *info) {
    return (int64_t)info->n_layers;
}

int64_t rsl_info_parameters(const struct rsl_info *info) {
    return info->parameters;
}

int64_t rsl_info_buffers(const struct rsl_info *info) {
    return info->buffers;
}

int64_t rsl_info_weights(const struct rsl_info *info) {
    return info->weights;
}

int64_t rsl_info_bits(const struct rsl_info *info) {
    return info->bits;
}

int64_t rsl_info_macs(const struct rsl_info *info) {
    return info->macs;
}

size_t rsl_info_layers(const struct rsl_info *info) {
    return info->n_layers;
}

static const struct layer *layer_at(const struct rsl_info *info, size_t i) {
    assert(i < info->n_layers);
    return &info->layers[i];
}

const char *rsl_info_layer_name(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->name;
}

const char *rsl_info_layer_op(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->op;
}

const char *rsl_info_layer_shape(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->shape;
}

int64_t rsl_info_layer_parameters(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->parameters;
}

int64_t rsl_info_layer_weights(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->weights;
}

const char *rsl_info_layer_type(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->type;
}

int64_t rsl_info_layer_bits(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->bits;
}

int64_t rsl_info_layer_macs(const struct rsl_info *info, size_t i) {
    return layer_at(info, i)->macs;
}
