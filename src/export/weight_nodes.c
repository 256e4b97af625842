/* See weight_nodes.h. */
#include "export/emitter.h"

#include "base/status.h"
#include "memory/encoding.h"

#include <stdio.h>
#include <string.h>

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

bool rsl_weight_nodes_votes(const struct rsl_storage *s) {
    return s->protection.kind->copies;
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

/* ---- the recipe ---- */

struct recipe {
    struct emitter e;
    const struct rsl_weight_nodes *w;
    struct emitted_bits words;
};

/* Stored bit b of every weight. */
static int column(struct recipe *r, int b) {
    const int index = emit_number(&r->e, RSL_i64, b);
    char suffix[32];
    snprintf(suffix, sizeof suffix, "bit%d", b);
    return emit_gather(&r->e, suffix, r->words.value, index, r->words.axis);
}

static int majority(struct emitter *e, int bit, int a, int b, int c) {
    int both = emit_binary(e, "BitwiseAnd", "both", bit, a, b);
    int either = emit_binary(e, "BitwiseOr", "either", bit, a, b);
    int with = emit_binary(e, "BitwiseAnd", "with", bit, either, c);
    return emit_binary(e, "BitwiseOr", "vote", bit, both, with);
}

/* Bit b of every code as a reader takes it. Copies are `top` apart, behind the code. */
static int code_bit(struct recipe *r, int b) {
    const struct rsl_storage *s = &r->w->storage;
    int width = s->encoding.bits;
    int top = rsl_protection_spare_bits(&s->protection, &s->encoding);
    int own = column(r, b), copy = width + b - (width - top);
    if (b < width - top) return own;
    const int first = column(r, copy), second = column(r, copy + top);
    return majority(&r->e, b, own, first, second);
}

/* The codes in the tensor's shape, unsigned; *parity: the parity of each word, or RSL_ABSENT. */
static int assemble(struct recipe *r, int shape, int *parity) {
    const struct rsl_storage *s = &r->w->storage;
    struct emitter *e = &r->e;
    bool checked = strcmp(s->protection.kind->name, "parity") == 0;
    int width = s->encoding.bits, code = code_bit(r, 0);
    int odd = code;
    for (int b = 1; b < width; b++) {
        char suffix[32];
        int bit = code_bit(r, b);
        snprintf(suffix, sizeof suffix, "place%d", b);
        int place = emit_shift(e, "LEFT", suffix, bit, emit_number(e, RSL_u8, b));
        code = emit_binary(e, "BitwiseOr", "sum", b, code, place);
        if (checked) odd = emit_binary(e, "BitwiseXor", "parity", b, odd, bit);
    }
    if (checked) {
        odd = emit_binary(e, "BitwiseXor", "parity", width, odd, column(r, width));
        *parity = emit_node(e, "Reshape", "odd", odd, shape, RSL_ABSENT);
    }
    if (s->encoding.kind->is_signed) {
        const int sign = emit_number(e, RSL_u8, 1 << (width - 1));
        code = emit_node(e, "BitwiseXor", "offset", code, sign, RSL_ABSENT);
    }
    return emit_node(e, "Reshape", "code", code, shape, RSL_ABSENT);
}

/* T.scale or T.zero_point: the tensor, or read from protected bits. */
static int parameter(struct recipe *r, const char *suffix, const struct rsl_tensor *t,
                     const struct rsl_stored_parameter *stored) {
    if (stored->bits.dtype == RSL_NO_DTYPE) return emit_tensor(&r->e, suffix, t);
    const struct rsl_shape shape = rsl_weight_nodes_scales(r->w);
    const char *name = emit_name(&r->e, suffix);
    struct emitter own = {.g = r->e.g, .stem = name, .result = name, .rc = r->e.rc};
    int v = emit_parameter(&own, stored, &shape);
    r->e.rc = own.rc;
    return v;
}

/* What is subtracted from the codes, as floats. */
static int zero(struct recipe *r) {
    const struct rsl_encoding *encoding = &r->w->storage.encoding;
    struct emitter *e = &r->e;
    if (!encoding->kind->zero_point)
        return emit_number(e, RSL_f32, encoding->kind->is_signed ? 1 << (encoding->bits - 1) : 0);
    int zero = parameter(r, "zero_point", &r->w->zero_point, &r->w->stored_zero_point);
    bool is_float = r->w->zero_point.dtype == RSL_f32;
    if (r->w->stored_zero_point.bits.dtype != RSL_NO_DTYPE)
        is_float = strcmp(r->w->stored_zero_point.storage.encoding.kind->name, "f32") == 0;
    return is_float ? zero : emit_cast(e, "zero", zero, RSL_f32);
}

int rsl_weight_nodes_add(struct rsl_graph *g, const struct rsl_weight_nodes *w) {
    struct recipe r = {.e = {.g = g, .stem = w->stem, .result = w->name}, .w = w};
    struct emitter *e = &r.e;
    RSL_TRY(rsl_weight_nodes_accept(&w->storage));
    r.words = emit_bits(e, &w->storage, rsl_shape_count(&w->shape), &w->bits);
    int shape = emit_integers(e, "shape", w->shape.rank, w->shape.dim), parity = RSL_ABSENT;
    int codes = emit_cast(e, "number", assemble(&r, shape, &parity), RSL_f32);
    int steps = emit_node(e, "Sub", "steps", codes, zero(&r), RSL_ABSENT);
    int scale = parameter(&r, "scale", &w->scale, &w->stored_scale);
    bool checked = parity != RSL_ABSENT;
    int values = emit_node(e, "Mul", checked ? "value" : NULL, scale, steps, RSL_ABSENT);
    if (checked) {
        const int wrong = emit_cast(e, "wrong", parity, RSL_bool);
        emit_node(e, "Where", NULL, wrong, emit_number(e, RSL_f32, 0), values);
    }
    return e->rc;
}
