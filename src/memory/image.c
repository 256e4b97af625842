/* Building images: which constants of the graph are what, and their bits. See image.h. */
#include "memory/image.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "graph/parameters.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const region_names[RSL_REGIONS] = {"weights", "scales", "zero_points", "biases",
                                                      "norms"};

const char *rsl_region_name(enum rsl_region r) {
    return region_names[r];
}

static int region_of(const char *name, size_t length) {
    for (int r = 0; r < RSL_REGIONS; r++)
        if (strlen(region_names[r]) == length && memcmp(region_names[r], name, length) == 0)
            return r;
    return rsl_fail(RSL_ENOTFOUND,
                    "there is no region '%.*s': there are weights, scales, zero_points, biases and "
                    "norms",
                    (int)(length < 60 ? length : 60), name);
}

int rsl_regions_parse(unsigned *set, const char *text) {
    *set = 0;
    for (;; text++) {
        size_t length = strcspn(text, ",");
        int r = region_of(text, length);
        if (r < 0) return r;
        *set |= 1u << r;
        text += length;
        if (!*text) return RSL_OK;
    }
}

/* ---- building ---- */

enum { IS_WEIGHT = 1, IS_NORM = 2 };

struct builder {
    const struct rsl_graph *g;
    struct rsl_memory_options options;
    struct rsl_memory *image;
    int *values, *nodes; /* of the weights */
    int n_weights;
    enum rsl_constant_role *roles;
    uint8_t *mark; /* of each value: IS_WEIGHT, IS_NORM */
};

/* f32 where no encoding was chosen, no protection where none was. */
static void fill_in(struct rsl_storage *s) {
    struct rsl_storage plain;
    int rc = rsl_storage_parse(&plain, "f32/none");
    assert(rc == RSL_OK);
    (void)rc;
    if (!s->encoding.kind) s->encoding = plain.encoding;
    if (!s->protection.kind) s->protection = plain.protection;
}

static int check_options(struct builder *b) {
    for (int r = 0; r < RSL_REGIONS; r++) {
        struct rsl_storage *s = &b->options.region[r];
        bool later = r == RSL_REGION_ZERO_POINTS && !s->encoding.kind; /* when they are known */
        if (!later) fill_in(s);
        if (!later && r != RSL_REGION_WEIGHTS && s->encoding.kind->grid)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "%s cannot be stored as %s: only weights have scales of their own",
                            region_names[r], s->encoding.kind->name);
    }
    RSL_TRY(rsl_graph_require_weights(b->g, b->n_weights));
    if ((b->options.each || b->options.stored) && b->options.n_each != b->n_weights)
        return rsl_fail(RSL_EMISMATCH, "there are %d tensors of weights, but storage for %d",
                        b->n_weights, b->options.n_each);
    return RSL_OK;
}

static void mark_values(struct builder *b) {
    for (int k = 0; k < b->n_weights; k++) b->mark[b->values[k]] |= IS_WEIGHT;
    for (size_t i = 0; i < b->g->nodes.n; i++) {
        const struct rsl_node *n = &b->g->nodes.at[i];
        if (!strstr(n->op->name, "Normalization")) continue;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] != RSL_ABSENT) b->mark[n->in[k]] |= IS_NORM;
    }
}

/* Whether value v was learnt, is no weight, and goes to region r. */
static bool belongs(const struct builder *b, size_t v, enum rsl_region r) {
    if (b->mark[v] & IS_WEIGHT || b->roles[v] == RSL_ROLE_SETTING) return false;
    bool norm = b->mark[v] & IS_NORM || b->roles[v] == RSL_ROLE_BUFFER;
    return norm == (r == RSL_REGION_NORMS);
}

/* A new tensor of the region, its name copied. NULL when memory is refused. */
static struct rsl_memory_tensor *add(struct builder *b, enum rsl_region region, int value) {
    struct rsl_memory *image = b->image;
    const struct rsl_value *v = &b->g->values.at[value];
    const char *name = rsl_arena_strdup(&image->arena, v->name);
    if (!name) return NULL;
    struct rsl_memory_tensor *t = &image->tensors[image->n++];
    *t = (struct rsl_memory_tensor){.name = name,
                                    .region = region,
                                    .value = value,
                                    .scales = RSL_ABSENT,
                                    .zero_points = RSL_ABSENT,
                                    .weights = RSL_ABSENT,
                                    .shape = v->tensor.shape,
                                    .storage = b->options.region[region]};
    return t;
}

/* The tensor's bits from its codes; scales and zero points move to the image's arena. */
static int store(struct builder *b, struct rsl_memory_tensor *t, struct rsl_codes *c) {
    const struct rsl_storage *s = &t->storage;
    t->count = c->count;
    t->groups = rsl_groups_of(s, c->count);
    uint8_t *bits = rsl_arena_alloc(&b->image->arena, rsl_groups_bytes(&t->groups));
    if (!bits) return RSL_ENOMEM;
    rsl_store_codes(s, &t->groups, c, bits);
    t->bits = bits;
    t->codes = *c;
    t->codes.code = NULL;
    t->codes.scale = t->codes.zero_point = NULL;
    return RSL_OK;
}

static int encode_values(struct builder *b, struct rsl_memory_tensor *t, const float *w,
                         struct rsl_codes *c) {
    RSL_TRY(rsl_protection_accepts(&t->storage.protection, &t->storage.encoding));
    RSL_TRY(rsl_codes_init(c, &t->storage.encoding, &t->shape));
    int rc = rsl_encode(c, w);
    if (rc == RSL_OK) rc = store(b, t, c);
    if (rc < 0) rsl_codes_free(c);
    return rc;
}

/* The constant's numbers as floats, freed by the caller. */
static int floats_of(const struct rsl_value *v, float **w) {
    const struct rsl_tensor *t = &v->tensor;
    if (!t->data && rsl_tensor_count(t) > 0)
        return rsl_fail(RSL_EARG, "the network has no numbers yet, only shapes");
    if (!rsl_dtype_is_float((int)t->dtype))
        return rsl_fail(RSL_EUNSUPPORTED, "the numbers are %s: the network is quantized already",
                        rsl_dtype_name((int)t->dtype));
    RSL_TRY(rsl_shape_check(&t->shape));
    *w = rsl_malloc((size_t)rsl_tensor_count(t) * sizeof **w);
    if (!*w) return RSL_ENOMEM;
    struct rsl_tensor to = {.dtype = RSL_f32, .shape = t->shape, .data = *w};
    rsl_tensor_cast(t, &to);
    return RSL_OK;
}

/* A tensor of the graph's own numbers. */
static int add_values(struct builder *b, struct rsl_memory_tensor *t, struct rsl_codes *c) {
    float *w = NULL;
    int rc = floats_of(&b->g->values.at[t->value], &w);
    if (rc == RSL_OK) rc = encode_values(b, t, w, c);
    rsl_free(w);
    return rc < 0 ? rsl_fail_in(rc, "%s of '%s'", region_names[t->region], t->name) : rc;
}

static struct rsl_storage zero_point_storage(const struct builder *b, const struct rsl_codes *c) {
    struct rsl_storage s = b->options.region[RSL_REGION_ZERO_POINTS];
    float low = 0, high = 0;
    for (int64_t i = 0; i < c->channels; i++) {
        low = fminf(low, c->zero_point[i]);
        high = fmaxf(high, c->zero_point[i]);
    }
    if (!s.encoding.kind && c->encoding.rounding == RSL_ROUND_CODE) {
        bool fits8 = low >= -128 && high <= 127, fits16 = low >= -32768 && high <= 32767;
        int rc = rsl_encoding_parse(&s.encoding, fits8 ? "int8" : fits16 ? "int16" : "int32");
        assert(rc == RSL_OK);
        (void)rc;
    }
    fill_in(&s);
    return s;
}

/* What the tensor's elements read back as; the codes are theirs, where they are known. */
static float *read_back(struct builder *b, const struct rsl_memory_tensor *t,
                        const struct rsl_codes *codes) {
    float *out = rsl_arena_array(&b->image->arena, (size_t)t->count, sizeof *out);
    if (!out) return NULL;
    for (int64_t i = 0; i < t->count; i++) {
        const struct rsl_storage *s = &t->storage;
        struct rsl_group g = {0};
        if (s->protection.kind->stream) {
            g.data = rsl_code_at(codes, i);
        } else {
            g = rsl_groups_read(&t->groups, t->bits, i);
            rsl_correct(&s->protection, &s->encoding, s->encoding.bits, &g);
        }
        out[i] = rsl_decode_one(&t->codes, i, (uint32_t)g.data);
    }
    return out;
}

/* The tensor's bits as they are given. */
static int take_bits(struct builder *b, struct rsl_memory_tensor *t,
                     const struct rsl_stored_bits *stored, struct rsl_codes *c) {
    t->storage = stored->storage;
    RSL_TRY(rsl_protection_accepts(&t->storage.protection, &t->storage.encoding));
    RSL_TRY(rsl_codes_view(c, &t->storage.encoding, &t->shape));
    t->count = c->count;
    t->groups = rsl_groups_of(&t->storage, c->count);
    uint8_t *bits = rsl_arena_alloc(&b->image->arena, rsl_groups_bytes(&t->groups));
    if (!bits) return RSL_ENOMEM;
    memcpy(bits, stored->bits, (size_t)(t->groups.stored + 7) / 8);
    t->bits = bits;
    t->codes = *c;
    return RSL_OK;
}

/* The bits that scales or zero points of weights k have already; NULL: none. */
static const struct rsl_stored_bits *given_bits(const struct builder *b, enum rsl_region region,
                                                int k) {
    const struct rsl_stored_weights *s = b->options.stored ? &b->options.stored[k] : NULL;
    if (!s || !s->weights.bits) return NULL;
    const struct rsl_stored_bits *bits =
        region == RSL_REGION_SCALES ? &s->scale_bits : &s->zero_point_bits;
    return bits->bits ? bits : NULL;
}

/* Scales or zero points of weights as a tensor of their own; *back is what the weights are then
 * decoded with. */
static int add_parameters(struct builder *b, enum rsl_region region, int weights,
                          const struct rsl_codes *c, const float *numbers, float **back) {
    struct rsl_memory_tensor *t = add(b, region, b->image->tensors[weights].value);
    if (!t) return RSL_ENOMEM;
    struct rsl_codes codes;
    t->weights = weights;
    t->node = b->image->tensors[weights].node;
    t->shape = rsl_shape_of(1, &c->channels);
    if (region == RSL_REGION_ZERO_POINTS) t->storage = zero_point_storage(b, c);
    const struct rsl_stored_bits *stored = given_bits(b, region, weights);
    int rc = stored ? take_bits(b, t, stored, &codes) : encode_values(b, t, numbers, &codes);
    if (rc < 0) return rsl_fail_in(rc, "%s of '%s'", region_names[region], t->name);
    *back = read_back(b, t, &codes);
    rsl_codes_free(&codes);
    return *back ? RSL_OK : RSL_ENOMEM;
}

/* One per channel, or zeros where they are read from bits of their own. NULL: no memory. */
static float *copy_numbers(const struct rsl_codes *c, const float *from) {
    float *to = rsl_calloc((size_t)c->channels, sizeof *to);
    if (to && from) memcpy(to, from, (size_t)c->channels * sizeof *to);
    return to;
}

/* The bits as they are given; only scales and zero points are needed beside them. */
static int take_stored(struct builder *b, struct rsl_memory_tensor *t,
                       const struct rsl_stored_weights *s, struct rsl_codes *c) {
    const bool zero = s->zero_point || s->zero_point_bits.bits;
    RSL_TRY(take_bits(b, t, &s->weights, c));
    c->scale = copy_numbers(c, s->scale);
    if (zero) c->zero_point = copy_numbers(c, s->zero_point);
    if (c->scale && (c->zero_point || !zero)) return RSL_OK;
    rsl_codes_free(c);
    return RSL_ENOMEM;
}

static int add_weights(struct builder *b, int k, struct rsl_codes *c) {
    const struct rsl_stored_weights *stored = b->options.stored ? &b->options.stored[k] : NULL;
    if (stored && !stored->weights.bits) stored = NULL;
    const struct rsl_node *node = &b->g->nodes.at[b->nodes[k]];
    struct rsl_memory_tensor *t = add(b, RSL_REGION_WEIGHTS, b->values[k]);
    if (!t) return RSL_ENOMEM;
    t->node = rsl_arena_strdup(&b->image->arena, node->name);
    if (!t->node) return RSL_ENOMEM;
    if (b->options.each) t->storage = b->options.each[k];
    fill_in(&t->storage);
    if (t->storage.encoding.axis == RSL_AXIS_OUTPUT)
        t->storage.encoding.axis = rsl_node_weight_axis(b->g, node);
    if (!stored) return add_values(b, t, c);
    int rc = take_stored(b, t, stored, c);
    return rc < 0 ? rsl_fail_in(rc, "weights of '%s'", t->name) : rc;
}

/* Region by region, so that each is one run of addresses. */
static int add_all(struct builder *b, struct rsl_codes *codes) {
    struct rsl_memory *image = b->image;
    for (int k = 0; k < b->n_weights; k++) RSL_TRY(add_weights(b, k, &codes[k]));
    for (int k = 0; k < b->n_weights; k++) {
        if (!codes[k].scale) continue;
        image->tensors[k].scales = image->n;
        RSL_TRY(add_parameters(b, RSL_REGION_SCALES, k, &codes[k], codes[k].scale,
                               &image->tensors[k].codes.scale));
    }
    for (int k = 0; k < b->n_weights; k++) {
        if (!codes[k].zero_point) continue;
        image->tensors[k].zero_points = image->n;
        RSL_TRY(add_parameters(b, RSL_REGION_ZERO_POINTS, k, &codes[k], codes[k].zero_point,
                               &image->tensors[k].codes.zero_point));
    }
    for (enum rsl_region r = RSL_REGION_BIASES; r < RSL_REGIONS; r++)
        for (size_t v = 0; v < b->g->values.n; v++) {
            if (!belongs(b, v, r)) continue;
            struct rsl_codes own;
            struct rsl_memory_tensor *t = add(b, r, (int)v);
            if (!t) return RSL_ENOMEM;
            RSL_TRY(add_values(b, t, &own));
            rsl_codes_free(&own);
        }
    return RSL_OK;
}

static void lay_out(struct rsl_memory *image) {
    for (int i = 0; i < image->n; i++) {
        struct rsl_memory_tensor *t = &image->tensors[i];
        struct rsl_memory_region *r = &image->region[t->region];
        t->address = image->bits;
        image->bits += t->groups.stored;
        r->first = r->n++ ? r->first : i;
        r->bits += t->groups.stored;
        r->elements += t->count;
    }
    int64_t address = 0;
    for (int r = 0; r < RSL_REGIONS; r++) {
        if (image->region[r].n == 0 && r > 0)
            image->region[r].first = image->region[r - 1].first + image->region[r - 1].n;
        image->region[r].address = address;
        address += image->region[r].bits;
    }
}

static int build(struct builder *b) {
    size_t values = b->g->values.n;
    rsl_graph_roles(b->g, b->roles);
    b->n_weights = rsl_graph_weights(b->g, b->values, b->nodes);
    RSL_TRY(b->n_weights);
    mark_values(b);
    RSL_TRY(check_options(b));
    b->image->tensors = rsl_arena_array(&b->image->arena, values + 2 * (size_t)b->n_weights,
                                        sizeof *b->image->tensors);
    struct rsl_codes *codes = rsl_calloc((size_t)b->n_weights, sizeof *codes);
    int rc = b->image->tensors && codes ? add_all(b, codes) : RSL_ENOMEM;
    for (int k = 0; codes && k < b->n_weights; k++) rsl_codes_free(&codes[k]);
    rsl_free(codes);
    if (rc == RSL_OK) lay_out(b->image);
    return rc;
}

int rsl_memory_new(struct rsl_memory **image, const struct rsl_graph *g,
                   const struct rsl_memory_options *options) {
    size_t values = g->values.n, nodes = g->nodes.n;
    struct builder b = {.g = g, .image = rsl_calloc(1, sizeof *b.image)};
    if (options) b.options = *options;
    b.values = rsl_calloc(nodes, sizeof *b.values);
    b.nodes = rsl_calloc(nodes, sizeof *b.nodes);
    b.roles = rsl_calloc(values, sizeof *b.roles);
    b.mark = rsl_calloc(values, sizeof *b.mark);
    bool room = b.image && b.values && b.nodes && b.roles && b.mark;
    int rc = room ? build(&b) : RSL_ENOMEM;
    rsl_free(b.values);
    rsl_free(b.nodes);
    rsl_free(b.roles);
    rsl_free(b.mark);
    if (rc < 0) {
        rsl_memory_free(b.image);
        b.image = NULL;
    }
    *image = b.image;
    return rc;
}

struct rsl_stored_weights rsl_stored_of(const struct rsl_memory *image, int k) {
    const struct rsl_memory_tensor *t = &image->tensors[k];
    struct rsl_stored_weights s = {.weights = {t->storage, t->bits},
                                   .scale = t->codes.scale,
                                   .zero_point = t->codes.zero_point};
    const struct rsl_memory_tensor *of[] = {
        t->scales == RSL_ABSENT ? NULL : &image->tensors[t->scales],
        t->zero_points == RSL_ABSENT ? NULL : &image->tensors[t->zero_points]};
    struct rsl_stored_bits *to[] = {&s.scale_bits, &s.zero_point_bits};
    for (int i = 0; i < 2; i++)
        if (of[i] && !of[i]->storage.protection.kind->stream)
            *to[i] = (struct rsl_stored_bits){of[i]->storage, of[i]->bits};
    return s;
}

void rsl_memory_free(struct rsl_memory *image) {
    if (!image) return;
    rsl_arena_free(&image->arena);
    rsl_free(image);
}
