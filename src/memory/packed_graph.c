/* See packed_graph.h. */
#include "memory/packed_graph.h"

#include "base/status.h"
#include "memory/cells_int.h"
#include "memory/integer_int.h"

/* ---- the operators ---- */

enum { BITS, SCALE, ZERO_POINT, OFFSET, INPUTS };

static const void *data_of(const struct rsl_call *c, int i) {
    return i < c->n_in && c->in[i] ? c->in[i]->data : NULL;
}

static struct rsl_shape shape_of(const struct rsl_call *c) {
    size_t rank;
    const int64_t *dims = rsl_node_ints(c->node, "shape", &rank);
    return rsl_shape_of((int)rank, dims);
}

int rsl_packed_of(struct rsl_packed_source *s, const struct rsl_call *c) {
    struct rsl_packed *p = &s->packed;
    const struct rsl_shape shape = shape_of(c);
    const int axis = (int)rsl_node_int(c->node, "axis", 0);
    RSL_TRY(rsl_storage_parse(&p->storage, rsl_node_string(c->node, "storage", "")));
    RSL_TRY(rsl_codes_view(&p->codes, &p->storage.encoding, &shape));
    p->groups = rsl_groups_of(&p->storage, p->codes.count);
    p->bits = data_of(c, BITS);
    p->codes.scale = (float *)data_of(c, SCALE);
    p->codes.zero_point = (float *)data_of(c, ZERO_POINT);
    s->gives = c->node->op == &rsl_op_StoredCodes ? RSL_i8 : RSL_f32;
    s->offset = data_of(c, OFFSET);
    s->outputs = shape.dim[axis];
    s->inner = rsl_shape_span(&shape, axis + 1, shape.rank);
    return RSL_OK;
}

/* Codes to weights, in place. */
static void subtract_offsets(const struct rsl_packed_source *s, uint8_t *w) {
    const struct rsl_encoding *e = &s->packed.storage.encoding;
    const uint8_t sign = e->kind->is_signed ? (uint8_t)(1 << (e->bits - 1)) : 0;
    const int64_t runs = s->inner ? s->packed.codes.count / s->inner : 0;
#pragma omp parallel for schedule(static) if (s->packed.codes.count > 65536)
    for (int64_t r = 0; r < runs; r++) {
        const uint8_t less = s->offset ? (uint8_t)(int)s->offset[r % s->outputs] : sign;
        for (int64_t i = r * s->inner; i < (r + 1) * s->inner; i++) w[i] = (uint8_t)(w[i] - less);
    }
}

void rsl_packed_decode(const struct rsl_packed_source *s, void *out) {
    if (s->gives == RSL_f32) {
        rsl_packed_values(&s->packed, out);
        return;
    }
    rsl_packed_all_codes(&s->packed, out);
    subtract_offsets(s, out);
}

static int infer_as(struct rsl_call *c, enum rsl_dtype type) {
    c->out[0]->dtype = type;
    c->out[0]->shape = shape_of(c);
    return RSL_OK;
}

static int infer_weights(struct rsl_call *c) {
    return infer_as(c, RSL_f32);
}

static int infer_codes(struct rsl_call *c) {
    return infer_as(c, RSL_i8);
}

static int forward(const struct rsl_call *c) {
    struct rsl_packed_source s;
    RSL_TRY(rsl_packed_of(&s, c));
    rsl_packed_decode(&s, c->out[0]->data);
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
    .infer = infer_weights,
    .forward = forward,
};

const struct rsl_op rsl_op_StoredCodes = {
    .name = "StoredCodes",
    .domain = "resile",
    .in_min = 2,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .unfolded = true,
    .infer = infer_codes,
    .forward = forward,
};

/* ---- the graph ---- */

/* *v: RSL_ABSENT where there is no data. */
static int constant(struct rsl_graph *g, const char *stem, enum rsl_dtype dtype, int64_t n,
                    const void *data, int *v) {
    *v = RSL_ABSENT;
    if (!data) return RSL_OK;
    int fresh = rsl_graph_fresh(g, stem);
    RSL_TRY(fresh);
    g->values.at[fresh].kind = RSL_VALUE_CONSTANT;
    g->values.at[fresh].tensor = (struct rsl_tensor){dtype, rsl_shape_of(1, &n), (void *)data};
    *v = fresh;
    return RSL_OK;
}

/* Where a tensor's bits, scales and zero points are. */
struct source {
    const struct rsl_memory_tensor *t;
    const uint8_t *bits;
    const struct rsl_codes *codes;
};

static struct source source_of(const struct rsl_memory *image, const struct rsl_cells *cells,
                               int tensor) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    const struct part *part = cells ? &cells->parts[tensor] : NULL;
    return (struct source){t, part ? part->bits : t->bits, part ? &part->codes : &t->codes};
}

/* Value v, a constant so far, comes from the bits; of integers, less that layer's offsets. */
static int read_from_bits(struct rsl_graph *g, const struct source *s, int v,
                          const struct rsl_integer_layer *layer) {
    char text[RSL_STORAGE_TEXT];
    const struct rsl_codes *codes = s->codes;
    const int64_t bytes = (int64_t)rsl_groups_bytes(&s->t->groups);
    int in[INPUTS];
    const float *offset = layer ? layer->offset : NULL;
    RSL_TRY(constant(g, "bits", RSL_u8, bytes, s->bits, &in[BITS]));
    RSL_TRY(constant(g, "scale", RSL_f32, codes->channels, codes->scale, &in[SCALE]));
    RSL_TRY(
        constant(g, "zero_point", RSL_f32, codes->channels, codes->zero_point, &in[ZERO_POINT]));
    RSL_TRY(constant(g, "offset", RSL_f32, layer ? layer->channels : 0, offset, &in[OFFSET]));
    g->values.at[v].kind = RSL_VALUE_COMPUTED;
    g->values.at[v].tensor = (struct rsl_tensor){0};
    int node = rsl_graph_add_node(g, layer ? &rsl_op_StoredCodes : &rsl_op_StoredWeights, "", in,
                                  layer ? INPUTS : INPUTS - 1, &v, 1);
    RSL_TRY(node);
    if (layer) RSL_TRY(rsl_node_set_int(g, node, "axis", layer->step ? s->t->shape.rank - 1 : 0));
    RSL_TRY(rsl_node_set_string(g, node, "storage", rsl_storage_text(&s->t->storage, text)));
    return rsl_node_set_ints(g, node, "shape", s->t->shape.dim, (size_t)s->t->shape.rank);
}

static int rewrite(struct rsl_graph *g, const struct rsl_memory *image,
                   const struct rsl_cells *cells) {
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct source s = source_of(image, cells, k);
        if (s.t->storage.encoding.kind->grid) RSL_TRY(read_from_bits(g, &s, s.t->value, NULL));
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

static int rewrite_integers(struct rsl_graph *g, const struct rsl_integer_network *q,
                            const struct rsl_memory *image, const struct rsl_cells *cells) {
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct source s = source_of(image, cells, k);
        for (const struct integer_use *u = q->tensors[k].uses; u; u = u->next) {
            const struct rsl_integer_layer *l = u->layer < 0 ? NULL : &q->layers[u->layer];
            RSL_TRY(read_from_bits(g, &s, l ? l->w : u->value, l));
        }
    }
    return rsl_graph_check(g);
}

int rsl_packed_integer_graph(struct rsl_graph *to, const struct rsl_integer_network *q,
                             const struct rsl_memory *image, const struct rsl_cells *cells) {
    RSL_TRY(rsl_graph_copy(to, &q->graph));
    int rc = rewrite_integers(to, q, image, cells);
    if (rc < 0) rsl_graph_free(to);
    return rc;
}
