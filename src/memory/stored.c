/* See stored.h. */
#include "memory/stored.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/parameters.h"
#include "memory/packed_graph.h"
#include "resile/quantize.h"

int rsl_stored_accepts(const struct rsl_graph *g, const struct rsl_memory_tensor *weights) {
    int dtype = (int)g->values.at[weights->value].tensor.dtype;
    if (dtype == RSL_f32) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "weights of '%s' are %s: only f32 can be stored as codes",
                    weights->name, rsl_dtype_name(dtype));
}

static int read_weights(struct rsl_model *m) {
    const struct rsl_memory *image = m->image;
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &image->tensors[k];
        struct rsl_tensor *constant = &m->graph.values.at[t->value].tensor;
        struct rsl_tensor read;
        RSL_TRY(rsl_stored_accepts(&m->graph, t));
        RSL_TRY(rsl_tensor_new(&read, &m->graph.arena, RSL_f32, &t->shape));
        const struct rsl_packed packed = {t->storage, t->groups, t->codes, t->bits};
        rsl_packed_values(&packed, read.data);
        *constant = read;
    }
    return RSL_OK;
}

static int stored_graph(struct rsl_graph *to, const struct rsl_model *m) {
    return rsl_packed_graph(to, &m->graph, m->image, NULL);
}

int rsl_model_store(struct rsl_model *m, struct rsl_memory *image) {
    if (m->free_image) m->free_image(m->image);
    m->image = image;
    m->free_image = rsl_memory_free;
    m->stored_graph = stored_graph;
    return read_weights(m);
}

static int image_of_bits(struct rsl_memory **image, const struct rsl_mix *mix,
                         const struct rsl_model *m) {
    struct rsl_memory_options o = rsl_mix_options(mix);
    struct rsl_stored_weights *bits = rsl_calloc((size_t)mix->n, sizeof *bits);
    if (!bits) return RSL_ENOMEM;
    for (int k = 0; k < mix->n; k++) {
        const struct rsl_memory_tensor *t = &m->image->tensors[k];
        /* Floats beside codes are constants of the network, and encoded from those. */
        if (t->storage.encoding.kind->grid) bits[k] = rsl_stored_of(m->image, k);
    }
    o.stored = bits;
    int rc = rsl_memory_new(image, &m->graph, &o);
    rsl_free(bits);
    return rc;
}

/* The encoding that the model's file has its weights in: that of 16 bits which all share, or f32.
 */
static int own_encoding(const struct rsl_graph *g, const char **name) {
    int *values = rsl_calloc(g->nodes.n, sizeof *values);
    int *nodes = rsl_calloc(g->nodes.n, sizeof *nodes);
    int n = values && nodes ? rsl_graph_weights(g, values, nodes) : RSL_ENOMEM, dtype = RSL_f32;
    for (int k = 0; k < n; k++) {
        int own = (int)g->values.at[values[k]].tensor.dtype;
        if (k == 0) dtype = own;
        if (own != dtype) dtype = RSL_f32;
    }
    rsl_free(values);
    rsl_free(nodes);
    *name = dtype == RSL_f16 ? "f16" : dtype == RSL_bf16 ? "bf16" : "f32";
    return n < 0 ? n : RSL_OK;
}

static bool has_codes(const struct rsl_storage *s) {
    return s->encoding.kind && s->encoding.kind->grid;
}

/* Codes of values that codes read as would tell about neither. */
static int refuse_codes_of_codes(const struct rsl_model *m, const struct rsl_mix *mix) {
    for (int k = 0; m->image && k < mix->n; k++)
        if (has_codes(&m->image->tensors[k].storage) && has_codes(&mix->each[k]))
            return rsl_fail(RSL_EARG,
                            "the network is quantized already: its weights are stored as %s; leave "
                            "the storage out to have those bits, or take the original network",
                            rsl_model_storage(m));
    return RSL_OK;
}

int rsl_model_image(struct rsl_memory **image, struct rsl_mix *mix, const struct rsl_model *m,
                    const char *storage, const char *otherwise) {
    bool stored = m->image && !storage;
    *image = NULL;
    if (!storage && !otherwise) RSL_TRY(own_encoding(&m->graph, &otherwise));
    RSL_TRY(stored ? rsl_mix_of(mix, &m->graph, m->image)
                   : rsl_mix_parse(mix, &m->graph, storage ? storage : otherwise));
    struct rsl_memory_options o = rsl_mix_options(mix);
    int rc = stored ? RSL_OK : refuse_codes_of_codes(m, mix);
    if (rc == RSL_OK)
        rc = stored ? image_of_bits(image, mix, m) : rsl_memory_new(image, &m->graph, &o);
    if (rc < 0) rsl_mix_free(mix);
    return rc;
}
