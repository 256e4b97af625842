/* Writing models with stored weights: a copy of the graph in which the weights' constants became
 * nodes over their bits. Layers of f32 stay constants. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "export/opset.h"
#include "export/stored_model.h"
#include "export/weight_nodes.h"
#include "memory/stored.h"
#include "resile/quantize.h"

#include <string.h>

static int bits_tensor(struct rsl_tensor *t, const struct rsl_memory_tensor *stored) {
    int64_t bytes = (stored->groups.stored + 7) / 8;
    *t = (struct rsl_tensor){
        .dtype = RSL_u8, .shape = {.rank = 2, .dim = {bytes, 1}}, .data = (void *)stored->bits};
    return rsl_shape_check(&t->shape);
}

/* Scales or zero points as bits, where they are voted, and what the metadata say of them. */
static int parameter_bits(struct rsl_stored_parameter *p, const struct rsl_memory *image,
                          int tensor, struct rsl_text *line) {
    if (tensor == RSL_ABSENT || !rsl_weight_nodes_votes(&image->tensors[tensor].storage))
        return RSL_OK;
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    char text[RSL_STORAGE_TEXT];
    p->storage = t->storage;
    rsl_text_printf(line, ";%s=%s", rsl_region_name(t->region),
                    rsl_storage_text(&p->storage, text));
    return bits_tensor(&p->bits, t);
}

static int zero_points(struct rsl_graph *g, const struct rsl_memory *image,
                       const struct rsl_memory_tensor *weights, struct rsl_weight_nodes *w) {
    if (weights->zero_points == RSL_ABSENT) return RSL_OK;
    const struct rsl_encoding *e = &image->tensors[weights->zero_points].storage.encoding;
    const struct rsl_shape shape = rsl_weight_nodes_scales(w);
    bool whole = strncmp(e->kind->name, "int", 3) == 0;
    enum rsl_dtype dtype = !whole          ? RSL_f32
                           : e->bits == 8  ? RSL_i8
                           : e->bits == 16 ? RSL_i16
                                           : RSL_i32;
    RSL_TRY(rsl_tensor_new(&w->zero_point, &g->arena, dtype, &shape));
    for (int64_t i = 0; i < rsl_shape_count(&shape); i++)
        rsl_tensor_set_double(&w->zero_point, i, (double)weights->codes.zero_point[i]);
    return RSL_OK;
}

/* The weights' nodes in the graph, and their line of the metadata. */
static int expand(struct rsl_graph *g, const struct rsl_memory *image,
                  const struct rsl_memory_tensor *weights, struct rsl_text *lines) {
    struct rsl_weight_nodes w = {.name = weights->name,
                                 .stem = rsl_weight_nodes_stem(g, weights->name),
                                 .shape = weights->shape,
                                 .storage = weights->storage};
    char text[RSL_STORAGE_TEXT];
    if (!w.stem) return RSL_ENOMEM;
    RSL_TRY(bits_tensor(&w.bits, weights));
    w.scale = (struct rsl_tensor){
        .dtype = RSL_f32, .shape = rsl_weight_nodes_scales(&w), .data = weights->codes.scale};
    RSL_TRY(zero_points(g, image, weights, &w));
    rsl_text_puts(lines, rsl_storage_text(&w.storage, text));
    RSL_TRY(parameter_bits(&w.stored_scale, image, weights->scales, lines));
    RSL_TRY(parameter_bits(&w.stored_zero_point, image, weights->zero_points, lines));
    struct rsl_value *v = &g->values.at[weights->value];
    v->kind = RSL_VALUE_COMPUTED;
    v->tensor = (struct rsl_tensor){0};
    bool own = strcmp(w.stem, w.name) == 0;
    rsl_text_printf(lines, " %s%s%s\n", w.name, own ? "" : "\t", own ? "" : w.stem);
    return rsl_weight_nodes_add(g, &w);
}

/* f32 is what constants are in any case. */
static bool stays(const struct rsl_storage *s) {
    return strcmp(s->encoding.kind->name, "f32") == 0 &&
           strcmp(s->protection.kind->name, "none") == 0;
}

/* Whether weights of that name can be written so. */
static int accept(const struct rsl_memory_tensor *weights, const struct rsl_storage *s) {
    if (strpbrk(weights->name, "\n\t"))
        return rsl_fail(RSL_EUNSUPPORTED, "the name of weights '%s' has a tab or a line break",
                        weights->name);
    if (rsl_shape_count(&weights->shape) == 0 && !stays(s))
        return rsl_fail(RSL_EUNSUPPORTED, "weights '%s' have no elements", weights->name);
    int rc = stays(s) ? RSL_OK : rsl_weight_nodes_accept(s);
    return rc < 0 ? rsl_fail_in(rc, "weights of '%s'", weights->name) : RSL_OK;
}

static int expand_all(struct rsl_graph *g, const struct rsl_memory *image, struct rsl_text *lines) {
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &image->tensors[k];
        RSL_TRY(accept(t, &t->storage));
        int rc = stays(&t->storage) ? RSL_OK : expand(g, image, t, lines);
        if (rc < 0) return rsl_fail_in(rc, "weights of '%s'", t->name);
    }
    if (lines->status == RSL_OK && !lines->at)
        return rsl_fail(RSL_EARG, "all weights are stored as f32: there is nothing to pack");
    return lines->status;
}

static int rewrite(struct rsl_model *to, const struct rsl_model *from) {
    struct rsl_text lines = {0};
    RSL_TRY(rsl_model_copy_meta(to, from));
    RSL_TRY(rsl_graph_raise(&to->graph));
    int rc = expand_all(&to->graph, from->image, &lines);
    if (rc == RSL_OK) rc = rsl_model_set_meta(to, RSL_META_STORAGE, lines.at);
    rsl_text_free(&lines);
    return rc < 0 ? rc : rsl_graph_check(&to->graph);
}

/* Before anything is encoded: the storages as they are said, the graph as it is. */
static int can_save(const struct rsl_model *m, const struct rsl_mix *mix) {
    struct rsl_graph raised;
    bool packed = false;
    for (int k = 0; k < mix->n; k++) {
        RSL_TRY(accept(&mix->outline->tensors[k], &mix->each[k]));
        RSL_TRY(rsl_stored_accepts(&m->graph, &mix->outline->tensors[k]));
        packed |= !stays(&mix->each[k]);
    }
    if (!packed)
        return rsl_fail(RSL_EARG, "all weights are stored as f32: there is nothing to pack");
    RSL_TRY(rsl_graph_copy(&raised, &m->graph));
    int rc = rsl_graph_raise(&raised);
    rsl_graph_free(&raised);
    return rc;
}

int rsl_model_can_save_packed(const struct rsl_model *m,
                              const struct rsl_quantize_options *options) {
    struct rsl_mix mix;
    RSL_TRY(rsl_quantize_mix(&mix, m, options));
    int rc = can_save(m, &mix);
    rsl_mix_free(&mix);
    return rc;
}

int rsl_model_save_packed(const struct rsl_model *m, const char *path) {
    if (!m->image) return rsl_fail(RSL_EARG, "the weights of the model are not stored as bits");
    struct rsl_model *copy = rsl_calloc(1, sizeof *copy);
    if (!copy) return RSL_ENOMEM;
    int rc = rsl_graph_copy(&copy->graph, &m->graph);
    if (rc == RSL_OK) rc = rewrite(copy, m);
    if (rc == RSL_OK) rc = rsl_model_save(copy, path);
    rsl_model_free(copy);
    return rc;
}
