/* See weight_nodes.h. An emitter remembers its first failure, so that the recipe reads as one. */
#include "export/weight_nodes.h"

#include "base/status.h"
#include "graph/op.h"
#include "memory/encoding.h"

#include <stdio.h>
#include <string.h>

struct emitter {
    struct rsl_graph *g;
    const struct rsl_weight_nodes *w;
    int words, axis; /* the bits, one per element, and the axis along which those of a weight lie */
    int rc;
};

/* Protections that have nodes. */
static const char *const written[] = {"none", "msb", "tmr", "parity"};

int rsl_weight_nodes_accept(const struct rsl_storage *s) {
    char text[RSL_STORAGE_TEXT];
    const char *protection = s->protection.kind->name;
    if (!s->encoding.kind->grid)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s cannot be written as packed weights: only affine and symmetric codes "
                        "can, and unprotected f32 stays as it is",
                        rsl_storage_text(s, text));
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        if (strcmp(protection, written[i]) == 0) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED,
                    "%s cannot be written: correcting it takes too many standard operators; none, "
                    "msb, tmr and parity can be",
                    rsl_storage_text(s, text));
}

struct rsl_shape rsl_weight_nodes_scales(const struct rsl_weight_nodes *w) {
    const struct rsl_encoding *e = &w->storage.encoding;
    struct rsl_shape s = {.rank = w->shape.rank};
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = e->per_channel && i == e->axis ? w->shape.dim[i] : 1;
    return s;
}

/* ---- names ---- */

/* What was computed by nodes that are gone has a name without meaning. */
static bool has_meaning(const struct rsl_value *v) {
    return v->kind != RSL_VALUE_COMPUTED || v->producer != RSL_ABSENT;
}

static bool begins(const char *name, const char *stem) {
    size_t n = strlen(stem);
    return strncmp(name, stem, n) == 0 && name[n] == '.';
}

static bool is_free(const struct rsl_graph *g, const char *stem) {
    for (size_t i = 0; i < g->values.n; i++)
        if (begins(g->values.at[i].name, stem) && has_meaning(&g->values.at[i])) return false;
    for (size_t i = 0; i < g->nodes.n; i++)
        if (begins(g->nodes.at[i].name, stem)) return false;
    return true;
}

const char *rsl_weight_nodes_stem(struct rsl_graph *g, const char *name) {
    const char *stem = rsl_arena_strdup(&g->arena, name);
    for (int i = 1; stem && !is_free(g, stem); i++)
        stem = i == 1 ? rsl_arena_printf(&g->arena, "%s.stored", name)
                      : rsl_arena_printf(&g->arena, "%s.stored%d", name, i);
    return stem;
}

/* ---- values ---- */

static int note(struct emitter *e, int result) {
    if (result < 0 && e->rc == RSL_OK) e->rc = result;
    return result < 0 ? 0 : result;
}

static int add_constant(struct emitter *e, const char *name, enum rsl_dtype dtype, int rank,
                        const int64_t *dims, const void *data) {
    struct rsl_shape shape = rsl_shape_of(rank, dims);
    struct rsl_tensor t = {.dtype = dtype, .shape = shape};
    t.data = rsl_arena_memdup(&e->g->arena, data, rsl_tensor_bytes(&t));
    return note(e, t.data ? rsl_graph_add_constant(e->g, name, &t) : RSL_ENOMEM);
}

/* The constant of that name, or RSL_ABSENT. */
static int shared(const struct emitter *e, const char *name) {
    int v = rsl_graph_find(e->g, name);
    return v >= 0 && e->g->values.at[v].kind == RSL_VALUE_CONSTANT ? v : RSL_ABSENT;
}

/* A number that all weights of the file share, "resile.u8.3". */
static int number(struct emitter *e, enum rsl_dtype dtype, int n) {
    char name[40];
    snprintf(name, sizeof name, "resile.%s.%d", rsl_dtype_name((int)dtype), n);
    int known = shared(e, name);
    if (known != RSL_ABSENT) return known;
    uint8_t u8 = (uint8_t)n;
    int64_t i64 = n;
    float f32 = (float)n;
    const void *data = dtype == RSL_u8 ? (void *)&u8 : dtype == RSL_i64 ? (void *)&i64 : &f32;
    return add_constant(e, name, dtype, 0, NULL, data);
}

static const char *named(struct emitter *e, const char *suffix) {
    const char *name = rsl_arena_printf(&e->g->arena, "%s.%s", e->w->stem, suffix);
    if (!name) note(e, RSL_ENOMEM);
    return name ? name : "";
}

static int share(struct emitter *e, const char *suffix, const struct rsl_tensor *t) {
    return e->rc < 0 ? 0 : note(e, rsl_graph_add_constant(e->g, named(e, suffix), t));
}

static int integers(struct emitter *e, const char *suffix, int n, const int64_t *values) {
    return add_constant(e, named(e, suffix), RSL_i64, 1, (int64_t[]){n}, values);
}

/* ---- nodes ---- */

/* A node of up to three inputs whose output is T.suffix, or W itself. */
static int apply(struct emitter *e, const char *op, const char *suffix, int a, int b, int c) {
    const int in[3] = {a, b, c};
    const char *name = named(e, suffix ? suffix : "read");
    if (e->rc < 0) return 0;
    int out = note(e, rsl_graph_value(e->g, suffix ? name : e->w->name));
    if (e->rc < 0) return 0;
    int n = c != RSL_ABSENT ? 3 : b != RSL_ABSENT ? 2 : 1;
    int node = note(e, rsl_graph_add_node(e->g, rsl_op_find("", op), name, in, n, &out, 1));
    int opset = e->g->opset > RSL_WEIGHT_NODES_OPSET ? e->g->opset : RSL_WEIGHT_NODES_OPSET;
    if (e->rc == RSL_OK) e->g->nodes.at[node].opset = opset;
    return out;
}

static int binary(struct emitter *e, const char *op, const char *stem, int i, int a, int b) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "%s%d", stem, i);
    return apply(e, op, suffix, a, b, RSL_ABSENT);
}

static int last_node(const struct emitter *e) {
    return (int)e->g->nodes.n - 1;
}

static int shift(struct emitter *e, const char *direction, const char *suffix, int a, int by) {
    int out = apply(e, "BitShift", suffix, a, by, RSL_ABSENT);
    if (e->rc == RSL_OK) note(e, rsl_node_set_string(e->g, last_node(e), "direction", direction));
    return out;
}

static int cast(struct emitter *e, const char *suffix, int a, enum rsl_dtype to) {
    int out = apply(e, "Cast", suffix, a, RSL_ABSENT, RSL_ABSENT);
    if (e->rc == RSL_OK) note(e, rsl_node_set_int(e->g, last_node(e), "to", (int64_t)to));
    return out;
}

/* ---- the recipe ---- */

/* Bits from..to-1 of the flat bits, in the shape. */
static int stretch(struct emitter *e, const char *stem, int flat, int64_t from, int64_t to,
                   int rank, const int64_t *dims) {
    char begin[32], end[32], cut[32], shape[32];
    snprintf(begin, sizeof begin, "%s_first", stem);
    snprintf(end, sizeof end, "%s_end", stem);
    snprintf(cut, sizeof cut, "%s_flat", stem);
    snprintf(shape, sizeof shape, "%s_shape", stem);
    flat = apply(e, "Slice", cut, flat, integers(e, begin, 1, &from), integers(e, end, 1, &to));
    return apply(e, "Reshape", stem, flat, integers(e, shape, rank, dims), RSL_ABSENT);
}

static int join(struct emitter *e, const char *suffix, int a, int b, int axis) {
    int out = apply(e, "Concat", suffix, a, b, RSL_ABSENT);
    if (e->rc == RSL_OK) note(e, rsl_node_set_int(e->g, last_node(e), "axis", axis));
    return out;
}

/* Names of a value in the near part of blocks, or in the spare part. */
struct names {
    const char *blocks, *turned, *shape, *planes, *last, *all;
};

/* Blocks [blocks, bits of a weight, 512] and the shorter last one, from bit `at` on -> planes
 * [bits, n]. */
static int planes_of_blocks(struct emitter *e, const struct names *name, int flat, int64_t at,
                            int64_t n, int64_t bits) {
    const int64_t blocks = n / RSL_BLOCK_GROUPS, whole = blocks * RSL_BLOCK_GROUPS;
    const int64_t dims[3] = {blocks, bits, RSL_BLOCK_GROUPS}, planes[2] = {bits, whole};
    const int64_t rest[2] = {bits, n - whole};
    int last = RSL_ABSENT;
    if (whole < n) last = stretch(e, name->last, flat, at + whole * bits, at + n * bits, 2, rest);
    if (whole == 0) return last;
    int first = stretch(e, name->blocks, flat, at, at + whole * bits, 3, dims);
    first = apply(e, "Transpose", name->turned, first, RSL_ABSENT, RSL_ABSENT);
    if (e->rc == RSL_OK)
        note(e, rsl_node_set_ints(e->g, last_node(e), "perm", (int64_t[]){1, 0, 2}, 3));
    first =
        apply(e, "Reshape", name->planes, first, integers(e, name->shape, 2, planes), RSL_ABSENT);
    return last == RSL_ABSENT ? first : join(e, name->all, first, last, 1);
}

/* The layout `block`: what stands in the blocks, and the spare copies behind them. */
static int planes_of_both(struct emitter *e, int flat, int64_t n, int64_t stored, int64_t spare) {
    static const struct names near = {"blocks", "turned", "planes_shape",
                                      "planes", "last",   "words"};
    static const struct names behind = {"spare_blocks", "spare_turned", "spare_shape",
                                        "spare_planes", "spare_last",   "spare"};
    int words = planes_of_blocks(e, &near, flat, 0, n, stored - spare);
    if (spare == 0) return words;
    int copies = planes_of_blocks(e, &behind, flat, n * (stored - spare), n, spare);
    return join(e, "all_words", words, copies, 0);
}

/* [B,1] -> [B,8] -> one bit per element, in the order of addresses. */
static void unpack(struct emitter *e) {
    const struct rsl_storage *s = &e->w->storage;
    const struct rsl_groups groups = rsl_groups_of(s, rsl_shape_count(&e->w->shape));
    const int64_t n = groups.n, stored = groups.stored;
    bool word = s->layout == RSL_LAYOUT_WORD, block = s->layout == RSL_LAYOUT_BLOCK;
    int64_t words[2] = {word ? n : stored / n, word ? stored / n : n};
    const uint8_t amounts[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    int by = shared(e, "resile.u8.0-7");
    if (by == RSL_ABSENT) by = add_constant(e, "resile.u8.0-7", RSL_u8, 1, (int64_t[]){8}, amounts);
    int bits = share(e, "bits", &e->w->bits);
    bits = shift(e, "RIGHT", "shifted", bits, by);
    bits = apply(e, "BitwiseAnd", "single", bits, number(e, RSL_u8, 1), RSL_ABSENT);
    if (stored % 8 || block)
        bits = apply(e, "Reshape", "flat", bits, integers(e, "flat_shape", 1, (int64_t[]){-1}),
                     RSL_ABSENT);
    if (stored % 8 && !block)
        bits = apply(e, "Slice", "all", bits, integers(e, "first", 1, (int64_t[]){0}),
                     integers(e, "stored", 1, &stored));
    e->axis = word ? 1 : 0;
    e->words = block ? planes_of_both(e, bits, n, stored / n, groups.spare)
                     : apply(e, "Reshape", "words", bits, integers(e, "words_shape", 2, words),
                             RSL_ABSENT);
}

/* Stored bit b of every weight. */
static int column(struct emitter *e, int b) {
    int out = binary(e, "Gather", "bit", b, e->words, number(e, RSL_i64, b));
    if (e->rc == RSL_OK) note(e, rsl_node_set_int(e->g, last_node(e), "axis", e->axis));
    return out;
}

static int majority(struct emitter *e, int bit, int a, int b, int c) {
    int both = binary(e, "BitwiseAnd", "both", bit, a, b);
    int either = binary(e, "BitwiseOr", "either", bit, a, b);
    int with = binary(e, "BitwiseAnd", "with", bit, either, c);
    return binary(e, "BitwiseOr", "vote", bit, both, with);
}

/* Bit b of every code as a reader takes it. Copies are `top` apart, behind the code. */
static int code_bit(struct emitter *e, int b) {
    const struct rsl_storage *s = &e->w->storage;
    int width = s->encoding.bits;
    int top = strcmp(s->protection.kind->name, "tmr") == 0 ? width : s->protection.top;
    int own = column(e, b), copy = width + b - (width - top);
    return b < width - top ? own : majority(e, b, own, column(e, copy), column(e, copy + top));
}

/* The codes in the tensor's shape, unsigned; *parity: the parity of each word, or RSL_ABSENT. */
static int assemble(struct emitter *e, int shape, int *parity) {
    const struct rsl_storage *s = &e->w->storage;
    bool checked = strcmp(s->protection.kind->name, "parity") == 0;
    int width = s->encoding.bits, code = code_bit(e, 0);
    int odd = code;
    for (int b = 1; b < width; b++) {
        char suffix[32];
        int bit = code_bit(e, b);
        snprintf(suffix, sizeof suffix, "place%d", b);
        int place = shift(e, "LEFT", suffix, bit, number(e, RSL_u8, b));
        code = binary(e, "BitwiseOr", "sum", b, code, place);
        if (checked) odd = binary(e, "BitwiseXor", "parity", b, odd, bit);
    }
    if (checked) {
        odd = binary(e, "BitwiseXor", "parity", width, odd, column(e, width));
        *parity = apply(e, "Reshape", "odd", odd, shape, RSL_ABSENT);
    }
    if (s->encoding.kind->is_signed)
        code =
            apply(e, "BitwiseXor", "offset", code, number(e, RSL_u8, 1 << (width - 1)), RSL_ABSENT);
    return apply(e, "Reshape", "code", code, shape, RSL_ABSENT);
}

/* What is subtracted from the codes, as floats. */
static int zero(struct emitter *e) {
    const struct rsl_encoding *encoding = &e->w->storage.encoding;
    if (!encoding->kind->zero_point)
        return number(e, RSL_f32, encoding->kind->is_signed ? 1 << (encoding->bits - 1) : 0);
    int zero = share(e, "zero_point", &e->w->zero_point);
    return e->w->zero_point.dtype == RSL_f32 ? zero : cast(e, "zero", zero, RSL_f32);
}

int rsl_weight_nodes_add(struct rsl_graph *g, const struct rsl_weight_nodes *w) {
    struct emitter e = {.g = g, .w = w};
    int64_t dims[RSL_MAX_RANK];
    memcpy(dims, w->shape.dim, sizeof dims);
    RSL_TRY(rsl_weight_nodes_accept(&w->storage));
    unpack(&e);
    int shape = integers(&e, "shape", w->shape.rank, dims), parity = RSL_ABSENT;
    int codes = assemble(&e, shape, &parity);
    int steps = apply(&e, "Sub", "steps", cast(&e, "number", codes, RSL_f32), zero(&e), RSL_ABSENT);
    bool checked = parity != RSL_ABSENT;
    int values = apply(&e, "Mul", checked ? "value" : NULL, share(&e, "scale", &w->scale), steps,
                       RSL_ABSENT);
    if (checked)
        apply(&e, "Where", NULL, cast(&e, "wrong", parity, RSL_bool), number(&e, RSL_f32, 0),
              values);
    return e.rc;
}
