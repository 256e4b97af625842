/* See pickle_array.h. */
#include "io/pickle_array.h"

#include "base/status.h"
#include "io/npy.h"

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

/* dtype(name, ...), the order of its bytes in the name or in the state: (version, order, ...). */
static int read_dtype(struct rsl_pickle_array *a, const value *v) {
    if (!calls(v, "numpy", "numpy", "dtype", 1)) return malformed("the array has no dtype");
    const value *text = v->call.args->items.at[0], *state = v->call.state;
    const char *name = text->kind == RSL_PICKLE_TEXT ? text->text.at : "?";
    bool big = name[0] == '>';
    if (state && state->kind == RSL_PICKLE_TUPLE && state->items.n > 1)
        big |= is_text(state->items.at[1], ">");
    const char *plain = name + (name[0] && strchr("<>|=", name[0]));
    if (!rsl_npy_dtype(plain, &a->dtype))
        return malformed("the array is of '%.20s', which is not read", name);
    return big ? malformed("the array of '%s' is big endian", plain) : RSL_OK;
}

static int read_shape(struct rsl_pickle_array *a, const value *shape) {
    if (shape->kind != RSL_PICKLE_TUPLE || shape->items.n > RSL_MAX_RANK)
        return malformed("the array's shape is no tuple of at most %d sizes", RSL_MAX_RANK);
    a->shape = (struct rsl_shape){.rank = (int)shape->items.n};
    for (int k = 0; k < a->shape.rank; k++) {
        const value *side = shape->items.at[k];
        if (side->kind != RSL_PICKLE_INT || side->i < 0)
            return malformed("the array's shape holds what is no size");
        a->shape.dim[k] = side->i;
    }
    return rsl_shape_check(&a->shape) < 0 ? RSL_EFORMAT : RSL_OK;
}

/* What an array is made from; false when `v` is none. */
struct parts {
    const value *shape, *dtype, *elements;
    bool fortran;
};

static bool take_apart(const value *v, struct parts *p) {
    if (calls(v, "numpy.core.multiarray", "numpy._core.multiarray", "_reconstruct", 0) &&
        v->call.state && v->call.state->kind == RSL_PICKLE_TUPLE && v->call.state->items.n == 5) {
        value *const *state = v->call.state->items.at;
        *p = (struct parts){.shape = state[1], .dtype = state[2], .elements = state[4]};
        p->fortran = state[3]->kind != RSL_PICKLE_BOOL || state[3]->i;
        return true;
    }
    if (calls(v, "numpy.core.numeric", "numpy._core.numeric", "_frombuffer", 4)) {
        value *const *args = v->call.args->items.at;
        *p = (struct parts){.elements = args[0], .dtype = args[1], .shape = args[2]};
        p->fortran = !is_text(args[3], "C");
        return true;
    }
    return false;
}

bool rsl_pickle_is_array(const value *v) {
    struct parts p;
    return take_apart(v, &p);
}

static int read_form(struct rsl_pickle_array *a, const struct parts *p) {
    RSL_TRY(read_dtype(a, p->dtype));
    RSL_TRY(read_shape(a, p->shape));
    return p->fortran && a->shape.rank > 1 ? malformed("the array is in Fortran's order") : RSL_OK;
}

int rsl_pickle_array_form(struct rsl_pickle_array *a, const value *v) {
    struct parts p;
    *a = (struct rsl_pickle_array){0};
    return take_apart(v, &p) ? read_form(a, &p) : malformed("it is no array of NumPy's");
}

int rsl_pickle_array(struct rsl_pickle_array *a, struct rsl_arena *arena, const value *v) {
    struct parts p;
    *a = (struct rsl_pickle_array){0};
    if (!take_apart(v, &p)) return malformed("it is no array of NumPy's");
    RSL_TRY(read_form(a, &p));
    RSL_TRY(elements(arena, p.elements, &a->data, &a->size));
    size_t item = rsl_dtype_bytes((int)a->dtype);
    if (a->size % item == 0 && a->size / item == (size_t)rsl_shape_count(&a->shape)) return RSL_OK;
    return malformed("the array has %zu elements, its shape another number", a->size / item);
}
