/* Life and metadata of models; see model.h. Reading and writing files is in src/io/onnx. */
#include "graph/model.h"

#include "base/status.h"
#include "base/vec.h"

#include <string.h>

struct rsl_model *rsl_model_new(void) {
    struct rsl_model *m = rsl_calloc(1, sizeof *m);
    if (m) rsl_graph_init(&m->graph);
    return m;
}

void rsl_model_free(struct rsl_model *m) {
    if (!m) return;
    for (size_t i = 0; i < m->meta.n; i++) {
        rsl_free(m->meta.at[i].key);
        rsl_free(m->meta.at[i].value);
    }
    rsl_free(m->meta.at);
    if (m->free_image) m->free_image(m->image);
    rsl_graph_free(&m->graph);
    if (m->free_backing) m->free_backing(m->backing);
    rsl_free(m);
}

bool rsl_model_channels_last(const struct rsl_model *m) {
    if (m->graph.inputs.n == 0) return false;
    const struct rsl_shape *s = &m->graph.values.at[m->graph.inputs.at[0]].tensor.shape;
    return s->rank == 4 && (s->dim[3] == 1 || s->dim[3] == 3) && s->dim[1] != 1 && s->dim[1] != 3;
}

int rsl_model_set_input(struct rsl_model *m, int64_t channels, int64_t height, int64_t width) {
    const bool last = rsl_model_channels_last(m);
    const int64_t size[] = {last ? height : channels, last ? width : height,
                            last ? channels : width};
    if (m->graph.inputs.n == 0) return rsl_fail(RSL_EMISMATCH, "the model has no input");
    struct rsl_value *v = &m->graph.values.at[m->graph.inputs.at[0]];
    struct rsl_shape shape = v->tensor.shape;
    char text[RSL_SHAPE_TEXT];
    bool fits = shape.rank == 4;
    for (int i = 0; fits && i < 3; i++) {
        int64_t *dim = &shape.dim[i + 1];
        if (*dim < 0) *dim = size[i];
        fits = *dim == size[i] && size[i] >= 1 && size[i] <= RSL_MAX_ELEMENTS;
    }
    if (!fits)
        return rsl_fail(RSL_EMISMATCH, "input '%s' is %s; it cannot take %lldx%lldx%lld", v->name,
                        rsl_shape_text(&v->tensor.shape, text), (long long)channels,
                        (long long)height, (long long)width);
    v->tensor.shape = shape;
    return RSL_OK;
}

static struct rsl_meta *find(const struct rsl_model *m, const char *key) {
    for (size_t i = 0; i < m->meta.n; i++)
        if (strcmp(m->meta.at[i].key, key) == 0) return &m->meta.at[i];
    return NULL;
}

const char *rsl_model_meta(const struct rsl_model *m, const char *key) {
    const struct rsl_meta *meta = find(m, key);
    return meta ? meta->value : NULL;
}

static int add(struct rsl_model *m, const char *key, char *value) {
    struct rsl_meta meta = {rsl_strdup(key), value};
    int rc = meta.key ? rsl_vec_push(&m->meta, meta) : RSL_ENOMEM;
    if (rc < 0) rsl_free(meta.key);
    return rc;
}

int rsl_model_set_meta(struct rsl_model *m, const char *key, const char *value) {
    struct rsl_meta *old = find(m, key);
    if (!value) {
        if (!old) return RSL_OK;
        rsl_free(old->key);
        rsl_free(old->value);
        *old = m->meta.at[--m->meta.n];
        return RSL_OK;
    }
    char *copy = rsl_strdup(value);
    if (!copy) return RSL_ENOMEM;
    if (old) {
        rsl_free(old->value);
        old->value = copy;
        return RSL_OK;
    }
    int rc = add(m, key, copy);
    if (rc < 0) rsl_free(copy);
    return rc;
}

int rsl_model_copy_meta(struct rsl_model *to, const struct rsl_model *from) {
    for (size_t i = 0; i < from->meta.n; i++)
        RSL_TRY(rsl_model_set_meta(to, from->meta.at[i].key, from->meta.at[i].value));
    return RSL_OK;
}
