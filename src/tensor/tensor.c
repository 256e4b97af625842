/* See tensor.h. */
#include "tensor/tensor.h"

#include "base/arena.h"
#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct rsl_shape rsl_shape_of(int rank, const int64_t *dims) {
    assert(rank >= 0 && rank <= RSL_MAX_RANK);
    struct rsl_shape s = {.rank = rank};
    for (int i = 0; i < rank; i++) s.dim[i] = dims[i];
    return s;
}

bool rsl_shape_equal(const struct rsl_shape *a, const struct rsl_shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

int64_t rsl_shape_span(const struct rsl_shape *s, int from, int to) {
    int64_t n = 1;
    for (int i = from; i < to; i++) n *= s->dim[i];
    return n;
}

int64_t rsl_shape_count(const struct rsl_shape *s) {
    return rsl_shape_span(s, 0, s->rank);
}

int rsl_shape_check(const struct rsl_shape *s) {
    char text[RSL_SHAPE_TEXT];
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++) {
        int64_t d = s->dim[i];
        if (d < 0 || d > RSL_MAX_ELEMENTS)
            return rsl_fail(RSL_ESHAPE, "shape %s has an impossible dimension",
                            rsl_shape_text(s, text));
        if (d == 0) continue; /* an empty tensor may still not hide an absurd dimension */
        if (n > RSL_MAX_ELEMENTS / d)
            return rsl_fail(RSL_ESHAPE, "shape %s is too large", rsl_shape_text(s, text));
        n *= d;
    }
    return RSL_OK;
}

const char *rsl_shape_text(const struct rsl_shape *s, char text[RSL_SHAPE_TEXT]) {
    int n = snprintf(text, RSL_SHAPE_TEXT, "[");
    for (int i = 0; i < s->rank; i++) {
        const char *comma = i ? "," : "";
        if (s->dim[i] < 0)
            n += snprintf(text + n, (size_t)(RSL_SHAPE_TEXT - n), "%s?", comma);
        else
            n += snprintf(text + n, (size_t)(RSL_SHAPE_TEXT - n), "%s%" PRId64, comma, s->dim[i]);
    }
    snprintf(text + n, (size_t)(RSL_SHAPE_TEXT - n), "]");
    return text;
}

int64_t rsl_tensor_count(const struct rsl_tensor *t) {
    return rsl_shape_count(&t->shape);
}

size_t rsl_tensor_bytes(const struct rsl_tensor *t) {
    return (size_t)rsl_tensor_count(t) * rsl_dtype_bytes((int)t->dtype);
}

int rsl_tensor_new(struct rsl_tensor *t, struct rsl_arena *a, enum rsl_dtype dtype,
                   const struct rsl_shape *shape) {
    RSL_TRY(rsl_shape_check(shape));
    *t = (struct rsl_tensor){.dtype = dtype, .shape = *shape};
    t->data = rsl_arena_alloc(a, rsl_tensor_bytes(t));
    return t->data ? RSL_OK : RSL_ENOMEM;
}

static const void *element(const struct rsl_tensor *t, int64_t i) {
    return (const char *)t->data + (size_t)i * rsl_dtype_bytes((int)t->dtype);
}

double rsl_tensor_double(const struct rsl_tensor *t, int64_t i) {
    double d;
    rsl_dtype_traits((int)t->dtype)->to_double(element(t, i), &d, 1);
    return d;
}

static int64_t saturate(double d) {
    return d != d ? 0 : d <= -0x1p63 ? INT64_MIN : d >= 0x1p63 ? INT64_MAX : (int64_t)d;
}

int64_t rsl_tensor_int(const struct rsl_tensor *t, int64_t i) {
    const void *p = element(t, i);
    if (t->dtype == RSL_i64) {
        int64_t v;
        memcpy(&v, p, sizeof v);
        return v;
    }
    if (t->dtype == RSL_u64) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        return v > INT64_MAX ? INT64_MAX : (int64_t)v;
    }
    return saturate(rsl_tensor_double(t, i));
}

static bool is_integer(enum rsl_dtype d) {
    char class = rsl_dtype_traits((int)d)->class;
    return class == 'I' || class == 'U';
}

/* The element's value modulo 2^64: enough for every integer-to-integer cast. */
static uint64_t integer_bits(const struct rsl_tensor *t, int64_t i) {
    uint64_t v = 0;
    const void *p = element(t, i);
    size_t bytes = rsl_dtype_bytes((int)t->dtype);
    if (t->dtype == RSL_u64) {
        memcpy(&v, p, bytes);
        return v;
    }
    return (uint64_t)rsl_tensor_int(t, i);
}

void rsl_tensor_cast(const struct rsl_tensor *src, struct rsl_tensor *dst) {
    int64_t n = rsl_tensor_count(src);
    size_t bytes = rsl_dtype_bytes((int)dst->dtype);
    char *out = dst->data;
    if (src->dtype == dst->dtype) {
        if (n) memcpy(out, src->data, (size_t)n * bytes);
        return;
    }
    const struct rsl_dtype_traits *to = rsl_dtype_traits((int)dst->dtype);
    for (int64_t i = 0; i < n; i++, out += bytes) {
        if (is_integer(src->dtype) && is_integer(dst->dtype)) {
            uint64_t v = integer_bits(src, i);
            memcpy(out, &v, bytes); /* little endian: the low bytes are the wrapped value */
        } else {
            double d = rsl_tensor_double(src, i);
            to->from_double(&d, out, 1);
        }
    }
}
