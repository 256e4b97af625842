/* See packed_graph.h. */
#include "memory/packed_graph.h"

#include "base/status.h"
#include "memory/cells_int.h"

/* ---- the operator ---- */

int rsl_packed_of(struct rsl_packed *p, const struct rsl_call *c) {
    size_t rank;
    const int64_t *dims = rsl_node_ints(c->node, "shape", &rank);
    const struct rsl_shape shape = rsl_shape_of((int)rank, dims);
    RSL_TRY(rsl_storage_parse(&p->storage, rsl_node_string(c->node, "storage", "")));
    RSL_TRY(rsl_codes_view(&p->codes, &p->storage.encoding, &shape));
    p->groups = rsl_groups_of(&p->storage, p->codes.count);
    p->bits = c->in[0]->data;
    p->codes.scale = c->in[1]->data;
    p->codes.zero_point = c->n_in > 2 ? c->in[2]->data : NULL;
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    size_t rank;
    const int64_t *dims = rsl_node_ints(c->node, "shape", &rank);
    const struct rsl_shape shape = rsl_shape_of((int)rank, dims);
    c->out[0]->dtype = RSL_f32;
    c->out[0]->shape = shape;
    return RSL_OK;
}

static int forward(const struct rsl_call *c) {
    struct rsl_packed p;
    RSL_TRY(rsl_packed_of(&p, c));
    rsl_packed_values(&p, c->out[0]->data);
    return RSL_OK;
}

const struct rsl_op rsl_op_StoredWeights = {
    .name = "StoredWeights",
    .domain = "resile",
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .unfolded = true,
    .infer = infer,
    .forward = forward,
};

/* ---- the graph ---- */

static int constant(struct rsl_graph *g, const char *stem, enum rsl_dtype dtype, int64_t n,
                    const void *data) {
    int v = rsl_graph_fresh(g, stem);
    RSL_TRY(v);
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = (struct rsl_tensor){dtype, rsl_shape_of(1, &n), (void *)data};
    return v;
}

static int read_from_bits(struct rsl_graph *g, const struct rsl_memory_tensor *t,
                          const uint8_t *bits, const struct rsl_codes *codes) {
    char text[RSL_STORAGE_TEXT];
    int in[3] = {constant(g, "bits", RSL_u8, (int64_t)rsl_groups_bytes(&t->groups), bits),
                 constant(g, "scale", RSL_f32, codes->channels, codes->scale), RSL_ABSENT};
    bool zero = codes->zero_point != NULL;
    if (zero) in[2] = constant(g, "zero_point", RSL_f32, codes->channels, codes->zero_point);
    if (in[0] < 0 || in[1] < 0 || (zero && in[2] < 0)) return RSL_ENOMEM;
    struct rsl_value *v = &g->values.at[t->value];
    v->kind = RSL_VALUE_COMPUTED;
    v->tensor = (struct rsl_tensor){0};
    int node = rsl_graph_add_node(g, &rsl_op_StoredWeights, "", in, zero ? 3 : 2, &t->value, 1);
    RSL_TRY(node);
    RSL_TRY(rsl_node_set_string(g, node, "storage", rsl_storage_text(&t->storage, text)));
    return rsl_node_set_ints(g, node, "shape", t->shape.dim, (size_t)t->shape.rank);
}

static int rewrite(struct rsl_graph *g, const struct rsl_memory *image,
                   const struct rsl_cells *cells) {
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &image->tensors[k];
        const struct part *part = cells ? &cells->parts[k] : NULL;
        if (t->storage.encoding.kind->grid)
            RSL_TRY(
                read_from_bits(g, t, part ? part->bits : t->bits, part ? &part->codes : &t->codes));
    }
    return rsl_graph_check(g);
}

int rsl_packed_graph(struct rsl_graph *to, const struct rsl_graph *from,
                     const struct rsl_memory *image, const struct rsl_cells *cells) {
    RSL_TRY(rsl_graph_copy(to, from));
    int rc = rewrite(to, image, cells);
    if (rc < 0) rsl_graph_free(to);
    return rc;
}
