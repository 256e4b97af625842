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

void rsl_tensor_set_double(struct rsl_tensor *t, int64_t i, double v) {
    const struct rsl_dtype_traits *to = rsl_dtype_traits((int)t->dtype);
    to->from_double(&v, (char *)t->data + (size_t)i * to->bytes, 1);
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

/* Integers to doubles that will be rounded again to a narrower float: when bits are lost the last
 * kept one is set ("round to odd"), so that the second rounding comes out as if it were the only
 * one (Boldo & Melquiond, "When double rounding is odd", 2005). */
static void to_odd_double(const int64_t *src, bool is_signed, double *dst, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool negative = is_signed && src[i] < 0;
        uint64_t m = negative ? 0 - (uint64_t)src[i] : (uint64_t)src[i];
        if (m >> 53) m = (m & ~(uint64_t)0xfff) | (uint64_t)((m & 0xfff) != 0) << 11;
        dst[i] = negative ? -(double)m : (double)m;
    }
}

void rsl_tensor_cast(const struct rsl_tensor *src, struct rsl_tensor *dst) {
    enum { PIECE = 256 };
    int64_t whole[PIECE];
    double real[PIECE];
    const struct rsl_dtype_traits *from = rsl_dtype_traits((int)src->dtype);
    const struct rsl_dtype_traits *to = rsl_dtype_traits((int)dst->dtype);
    int64_t count = rsl_tensor_count(src);
    if (src->dtype == dst->dtype) {
        if (count) memmove(dst->data, src->data, (size_t)count * to->bytes);
        return;
    }
    for (int64_t first = 0; first < count; first += PIECE) {
        size_t n = count - first < PIECE ? (size_t)(count - first) : PIECE;
        const void *in = element(src, first);
        void *out = (char *)dst->data + (size_t)first * to->bytes;
        if (from->to_i64 && to->from_i64) {
            from->to_i64(in, whole, n);
            to->from_i64(whole, out, n);
            continue;
        }
        if (from->bytes == 8 && from->to_i64 && to->class == 'F' && to->bytes < 8) {
            from->to_i64(in, whole, n);
            to_odd_double(whole, from->class == 'I', real, n);
        } else {
            from->to_double(in, real, n);
        }
        to->from_double(real, out, n);
    }
}
