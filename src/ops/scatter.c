/* See scatter.h. */
#include "ops/scatter.h"

#include <string.h>

#include "ops/number.h"
#include "ops/strided.h"

int rsl_read_reduction(const struct rsl_call *c, enum rsl_combine *how) {
    static const char *const words[] = {"none", "add", "mul", "max", "min"};
    int which;
    RSL_TRY(rsl_read_word(c, "reduction", words,
                          c->opset >= 18   ? 5
                          : c->opset >= 16 ? 3
                                           : 1,
                          &which));
    *how = (enum rsl_combine)which;
    return RSL_OK;
}

static double combine_floats(enum rsl_combine how, double a, double b) {
    switch (how) {
        case RSL_ADD:
            return a + b;
        case RSL_MUL:
            return a * b;
        case RSL_MAX:
            return b > a || b != b ? b : a;
        case RSL_MIN:
            return b < a || b != b ? b : a;
        case RSL_SET:
            break;
    }
    return b;
}

static uint64_t combine_integers(enum rsl_combine how, bool is_signed, uint64_t a, uint64_t b) {
    bool less = is_signed ? (int64_t)a < (int64_t)b : a < b;
    switch (how) {
        case RSL_ADD:
            return a + b;
        case RSL_MUL:
            return a * b;
        case RSL_MAX:
            return less ? b : a;
        case RSL_MIN:
            return less ? a : b;
        case RSL_SET:
            break;
    }
    return b;
}

void rsl_combine(enum rsl_combine how, enum rsl_dtype dtype, void *dst, const void *src,
                 int64_t n) {
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)dtype);
    if (how == RSL_SET) {
        if (n) memcpy(dst, src, (size_t)n * type->bytes);
        return;
    }
    char *to = dst;
    const char *from = src;
    for (int64_t i = 0; i < n; i++, to += type->bytes, from += type->bytes) {
        if (rsl_dtype_is_integer((int)dtype)) {
            uint64_t a = rsl_load_integer((int)dtype, to), b = rsl_load_integer((int)dtype, from);
            rsl_store_integer((int)dtype, to,
                              combine_integers(how, rsl_dtype_is_signed((int)dtype), a, b));
        } else {
            double a, b;
            type->to_double(to, &a, 1);
            type->to_double(from, &b, 1);
            a = combine_floats(how, a, b);
            type->from_double(&a, to, 1);
        }
    }
}

int rsl_need_element_indices(const struct rsl_call *c, int axis) {
    const struct rsl_shape *x = &c->in[0]->shape, *indices = &c->in[1]->shape;
    RSL_TRY(rsl_need_dtype(c, 1, "i32 i64"));
    bool fits = x->rank == indices->rank;
    for (int k = 0; fits && k < x->rank; k++) fits = k == axis || indices->dim[k] <= x->dim[k];
    if (fits) return RSL_OK;
    char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "indices of shape %s do not fit data of shape %s along axis %d",
                    rsl_shape_text(indices, b), rsl_shape_text(x, a), axis);
}

int rsl_each_element(const struct rsl_call *c, int axis,
                     void (*each)(void *state, int64_t k, int64_t place), void *state) {
    const struct rsl_shape *x = &c->in[0]->shape, *indices = &c->in[1]->shape;
    int64_t count = rsl_shape_count(indices), stride[RSL_MAX_RANK], index[RSL_MAX_RANK] = {0};
    rsl_strides(x, stride);
    for (int64_t k = 0; k < count; k++) {
        int64_t place = 0, at;
        RSL_TRY(rsl_read_index(c, 1, k, x->dim[axis], &at));
        for (int d = 0; d < x->rank; d++) place += (d == axis ? at : index[d]) * stride[d];
        each(state, k, place);
        rsl_step(indices->rank, indices->dim, index);
    }
    return RSL_OK;
}

int rsl_read_tuples(const struct rsl_call *c, int batch, struct rsl_tuples *t) {
    const struct rsl_shape *x = &c->in[0]->shape, *indices = &c->in[1]->shape;
    char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
    RSL_TRY(rsl_need_dtype(c, 1, "i64"));
    RSL_TRY(rsl_need_rank(c, 0, 1, RSL_MAX_RANK));
    RSL_TRY(rsl_need_rank(c, 1, 1, RSL_MAX_RANK));
    bool fits = batch < x->rank && batch < indices->rank;
    for (int k = 0; fits && k < batch; k++) fits = x->dim[k] == indices->dim[k];
    int64_t length = indices->dim[indices->rank - 1];
    if (!fits || length < 1 || length > x->rank - batch)
        return rsl_fail(RSL_ESHAPE,
                        "indices of shape %s do not fit data of shape %s with %d batch dimensions",
                        rsl_shape_text(indices, b), rsl_shape_text(x, a), batch);
    *t = (struct rsl_tuples){
        .batch = batch,
        .length = (int)length,
        .count = rsl_shape_span(indices, 0, indices->rank - 1),
        .inner = rsl_shape_span(x, batch + (int)length, x->rank),
        .each = rsl_shape_span(indices, batch, indices->rank - 1),
        .entries = rsl_shape_span(x, batch, x->rank),
    };
    return RSL_OK;
}

int rsl_tuple_place(const struct rsl_call *c, const struct rsl_tuples *t, int64_t k,
                    int64_t *place) {
    const struct rsl_shape *x = &c->in[0]->shape;
    int64_t within = 0;
    for (int d = 0; d < t->length; d++) {
        int64_t at, dim = x->dim[t->batch + d];
        RSL_TRY(rsl_read_index(c, 1, k * t->length + d, dim, &at));
        within = within * dim + at;
    }
    *place = k / t->each * t->entries + within * t->inner;
    return RSL_OK;
}

/* ---- gradients ---- */

int rsl_emit_need_sum(struct rsl_backward *b, enum rsl_combine *how) {
    struct rsl_again again;
    RSL_TRY(rsl_read_reduction(rsl_backward_call(b, &again), how));
    if (*how == RSL_SET || *how == RSL_ADD) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "there is no gradient with reduction '%s'",
                    rsl_node_string(&b->node, "reduction", "none"));
}

int rsl_emit_indices(struct rsl_backward *b) {
    if (rsl_backward_in(b, 1)->dtype == RSL_i64) return b->node.in[1];
    return rsl_emit_cast(b, b->node.in[1], RSL_i64);
}

int rsl_emit_put_back(struct rsl_backward *b, int dy, int indices, struct rsl_span span,
                      const struct rsl_shape *x) {
    const struct rsl_shape given = *x;
    const int64_t each = rsl_times(span.outer, span.inner);
    const int64_t picked = each ? rsl_shape_count(&rsl_backward_out(b, 0)->shape) / each : 0;
    const struct rsl_shape column = {2, {picked, 1}};
    const struct rsl_shape slices = {3, {span.outer, picked, span.inner}};
    const struct rsl_shape places = {3, {span.n, span.outer, span.inner}};
    dy = rsl_emit_reshape(b, dy, &slices);
    dy = rsl_emit(b, "Transpose", 1, dy);
    rsl_emit_ints(b, "perm", (const int64_t[]){1, 0, 2}, 3);
    indices = rsl_emit_reshape(b, indices, &column);
    int sum = rsl_emit(b, "ScatterND", 3, rsl_emit_zeros_of(b, &places), indices, dy);
    rsl_emit_string(b, "reduction", "add");
    sum = rsl_emit(b, "Transpose", 1, sum);
    rsl_emit_ints(b, "perm", (const int64_t[]){1, 0, 2}, 3);
    return rsl_emit_reshape(b, sum, &given);
}
