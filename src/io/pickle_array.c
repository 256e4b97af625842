/* See pickle_array.h. */
#include "io/pickle_array.h"

#include "base/status.h"

#include <string.h>

typedef struct rsl_pickle_value value;

#define malformed(...) rsl_fail(RSL_EFORMAT, __VA_ARGS__)

/* True when `v` is a call of numpy.core.MODULE.NAME, as either NumPy spells it, with n arguments or
 * more. */
static bool calls(const value *v, const char *before, const char *after, const char *name,
                  size_t n) {
    return v->kind == RSL_PICKLE_CALL && v->call.args->items.n >= n &&
           (rsl_pickle_is(v->call.callee, before, name) ||
            rsl_pickle_is(v->call.callee, after, name));
}

static bool is_text(const value *v, const char *text) {
    return v->kind == RSL_PICKLE_TEXT && strcmp(v->text.at, text) == 0;
}

/* The Unicode text that stands for bytes 0 to 255, one code point each. */
static int latin1(struct rsl_arena *arena, const value *text, const uint8_t **data, size_t *size) {
    const uint8_t *in = (const uint8_t *)text->text.at, *end = in + text->text.n;
    uint8_t *out = rsl_arena_alloc(arena, text->text.n + 1);
    if (!out) return RSL_ENOMEM;
    *data = out;
    while (in < end) {
        if (*in < 0x80)
            *out++ = *in++;
        else if ((*in == 0xc2 || *in == 0xc3) && end - in > 1 && (in[1] & 0xc0) == 0x80) {
            *out++ = (uint8_t)(in[0] << 6 | (in[1] & 0x3f));
            in += 2;
        } else
            return malformed("the array's elements are a text beyond Latin-1");
    }
    *size = (size_t)(out - *data);
    return RSL_OK;
}

static int elements(struct rsl_arena *arena, const value *v, const uint8_t **data, size_t *size) {
    if (calls(v, "_codecs", "_codecs", "encode", 2)) {
        value *const *args = v->call.args->items.at;
        if (args[0]->kind == RSL_PICKLE_TEXT && is_text(args[1], "latin1"))
            return latin1(arena, args[0], data, size);
    }
    if (v->kind != RSL_PICKLE_BYTES && v->kind != RSL_PICKLE_TEXT)
        return malformed("the array's elements are no bytes");
    *data = (const uint8_t *)v->text.at;
    *size = v->text.n;
    return RSL_OK;
}

static int check_dtype(const value *v) {
    if (!calls(v, "numpy", "numpy", "dtype", 1)) return malformed("the array has no dtype");
    const value *name = v->call.args->items.at[0];
    if (is_text(name, "u1") || is_text(name, "|u1")) return RSL_OK;
    return malformed("the array is of '%.20s', not of unsigned bytes",
                     name->kind == RSL_PICKLE_TEXT ? name->text.at : "?");
}

static int check_shape(struct rsl_pickle_array *a, const value *shape) {
    if (shape->kind != RSL_PICKLE_TUPLE || shape->items.n > RSL_PICKLE_ARRAY_RANK)
        return malformed("the array's shape is no tuple of at most %d sizes",
                         RSL_PICKLE_ARRAY_RANK);
    size_t n = 1;
    a->rank = (int)shape->items.n;
    for (int k = 0; k < a->rank; k++) {
        const value *side = shape->items.at[k];
        if (side->kind != RSL_PICKLE_INT || side->i < 0)
            return malformed("the array's shape holds what is no size");
        a->shape[k] = side->i;
        if (__builtin_mul_overflow(n, (size_t)side->i, &n)) n = SIZE_MAX;
    }
    if (n == a->size) return RSL_OK;
    return malformed("the array has %zu elements, its shape another number", a->size);
}

int rsl_pickle_array(struct rsl_pickle_array *a, struct rsl_arena *arena, const value *v) {
    const value *shape, *dtype, *bytes;
    bool fortran;
    *a = (struct rsl_pickle_array){0};
    if (calls(v, "numpy.core.multiarray", "numpy._core.multiarray", "_reconstruct", 0) &&
        v->call.state && v->call.state->kind == RSL_PICKLE_TUPLE && v->call.state->items.n == 5) {
        value *const *state = v->call.state->items.at;
        shape = state[1], dtype = state[2], bytes = state[4];
        fortran = state[3]->kind != RSL_PICKLE_BOOL || state[3]->i;
    } else if (calls(v, "numpy.core.numeric", "numpy._core.numeric", "_frombuffer", 4)) {
        value *const *args = v->call.args->items.at;
        bytes = args[0], dtype = args[1], shape = args[2];
        fortran = !is_text(args[3], "C");
    } else
        return malformed("it is no array of NumPy's");
    RSL_TRY(check_dtype(dtype));
    RSL_TRY(elements(arena, bytes, &a->data, &a->size));
    RSL_TRY(check_shape(a, shape));
    return fortran && a->rank > 1 ? malformed("the array is in Fortran's order") : RSL_OK;
}
