/* See elementwise.h. */
#include "ops/elementwise.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 256 }; /* elements widened at a time: they stay in the first-level cache */

union lane_buffer {
    float f32[PIECE];
    double f64[PIECE];
    int64_t i64[PIECE];
};

enum rsl_lane rsl_lane_of(enum rsl_dtype dtype) {
    switch (rsl_dtype_traits((int)dtype)->class) {
        case 'I':
            return RSL_LANE_I64;
        case 'U':
            return RSL_LANE_U64;
        case 'B':
            return RSL_LANE_BOOLEAN;
        default:
            return dtype == RSL_f64 ? RSL_LANE_F64 : RSL_LANE_F32;
    }
}

static rsl_piece_fn *kernel_of(const struct rsl_kernels *k, enum rsl_lane lane) {
    rsl_piece_fn *const by_lane[] = {k->f32, k->f64, k->i64, k->u64, k->boolean};
    return by_lane[lane];
}

static bool is_native(enum rsl_dtype dtype, enum rsl_lane lane) {
    static const enum rsl_dtype native[] = {RSL_f32, RSL_f64, RSL_i64, RSL_u64, RSL_bool};
    return native[lane] == dtype;
}

/* ---- shape rules ---- */

int rsl_need_lane(const struct rsl_call *c, int i, const struct rsl_kernels *k) {
    if (i >= c->n_in || !c->in[i] || kernel_of(k, rsl_lane_of(c->in[i]->dtype))) return RSL_OK;
    char allowed[128] = "";
    for (int d = 0; d < RSL_DTYPE_END; d++) {
        if (!rsl_dtype_traits(d) || !kernel_of(k, rsl_lane_of((enum rsl_dtype)d))) continue;
        size_t used = strlen(allowed);
        snprintf(allowed + used, sizeof allowed - used, " %s", rsl_dtype_name(d));
    }
    return rsl_need_dtype(c, i, allowed + 1);
}

int rsl_infer_elementwise(struct rsl_call *c, const struct rsl_kernels *k) {
    if (!c->in[0]) return rsl_fail(RSL_EGRAPH, "input 0 is absent");
    struct rsl_shape shape = c->in[0]->shape;
    for (int i = 0; i < c->n_in; i++) {
        if (!c->in[i]) return rsl_fail(RSL_EGRAPH, "input %d is absent", i);
        RSL_TRY(rsl_need_lane(c, i, k));
        RSL_TRY(rsl_need_same_dtype(c, i));
        RSL_TRY(rsl_broadcast(&shape, &c->in[i]->shape, &shape));
    }
    return rsl_set_out(c, 0, k->to_bool ? RSL_bool : c->in[0]->dtype, &shape);
}

int rsl_infer_fold(struct rsl_call *c, const struct rsl_kernels *k) {
    RSL_TRY(rsl_infer_elementwise(c, k));
    enum rsl_dtype dtype = c->in[0]->dtype;
    if (dtype == RSL_f16 || dtype == RSL_bf16)
        c->scratch_size = (size_t)rsl_tensor_count(c->out[0]) * sizeof(float);
    return RSL_OK;
}

/* ---- running ---- */

static void widen(enum rsl_dtype dtype, enum rsl_lane lane, const void *src, union lane_buffer *to,
                  size_t n) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)dtype);
    const uint16_t *half = src;
    if (lane == RSL_LANE_F64)
        t->to_double(src, to->f64, n);
    else if (lane == RSL_LANE_F32 && dtype == RSL_f16)
        for (size_t i = 0; i < n; i++) to->f32[i] = rsl_f16_to_f32(half[i]);
    else if (lane == RSL_LANE_F32)
        for (size_t i = 0; i < n; i++) to->f32[i] = rsl_bf16_to_f32(half[i]);
    else
        t->to_i64(src, to->i64, n);
}

static void narrow(enum rsl_dtype dtype, enum rsl_lane lane, const union lane_buffer *from,
                   void *dst, size_t n) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)dtype);
    uint16_t *half = dst;
    if (lane == RSL_LANE_F64)
        t->from_double(from->f64, dst, n);
    else if (lane == RSL_LANE_F32 && dtype == RSL_f16)
        for (size_t i = 0; i < n; i++) half[i] = rsl_f32_to_f16(from->f32[i]);
    else if (lane == RSL_LANE_F32)
        for (size_t i = 0; i < n; i++) half[i] = rsl_f32_to_bf16(from->f32[i]);
    else
        t->from_i64(from->i64, dst, n);
}

void rsl_apply(const struct rsl_kernels *k, enum rsl_lane lane, const struct rsl_tensor *const *in,
               int n, struct rsl_tensor *out, const double *p) {
    union lane_buffer buffer[RSL_OPERANDS + 1];
    rsl_piece_fn *kernel = kernel_of(k, lane);
    size_t width[RSL_OPERANDS] = {0}, out_width = rsl_dtype_bytes((int)out->dtype);
    bool direct[RSL_OPERANDS], direct_out = k->to_bool || is_native(out->dtype, lane);
    bool whole = direct_out; /* nothing to convert: a row is one piece */
    for (int i = 0; i < n; i++) {
        direct[i] = !in[i] || is_native(in[i]->dtype, lane);
        whole = whole && direct[i];
        if (in[i]) width[i] = rsl_dtype_bytes((int)in[i]->dtype);
    }
    struct rsl_piece piece = {.p = p};
    struct rsl_rows w;
    for (rsl_rows_start(&w, &out->shape, in, n); w.done < w.count; rsl_rows_next(&w))
        for (int64_t first = 0; first < w.row; first += piece.n) {
            piece.n = whole || w.row - first < PIECE ? w.row - first : PIECE;
            for (int i = 0; i < n; i++) {
                if (!in[i]) continue;
                size_t at = (size_t)(w.at[i] + first * w.step[i]) * width[i];
                piece.step[i] = w.step[i];
                piece.in[i] = (const char *)in[i]->data + at;
                if (direct[i]) continue;
                widen(in[i]->dtype, lane, piece.in[i], &buffer[i], w.step[i] ? (size_t)piece.n : 1);
                piece.in[i] = &buffer[i];
            }
            void *result = (char *)out->data + (size_t)(w.done + first) * out_width;
            piece.out = direct_out ? result : &buffer[RSL_OPERANDS];
            kernel(&piece);
            if (!direct_out)
                narrow(out->dtype, lane, &buffer[RSL_OPERANDS], result, (size_t)piece.n);
        }
}

int rsl_elementwise(const struct rsl_call *c, const struct rsl_kernels *k, const double *p) {
    rsl_apply(k, rsl_lane_of(c->in[0]->dtype), c->in, c->n_in, c->out[0], p);
    return RSL_OK;
}

int rsl_fold(const struct rsl_call *c, const struct rsl_kernels *k, const struct rsl_kernels *last,
             const double *p) {
    struct rsl_tensor *out = c->out[0], sum = *out;
    enum rsl_lane lane = rsl_lane_of(out->dtype);
    if (!is_native(out->dtype, lane) && lane == RSL_LANE_F32) {
        sum.dtype = RSL_f32;
        sum.data = c->scratch;
    }
    const struct rsl_tensor *of[2] = {&sum};
    if (c->n_in == 1) rsl_tensor_cast(c->in[0], &sum);
    for (int i = 1; i < c->n_in; i++) {
        const struct rsl_tensor *pair[2] = {i == 1 ? c->in[0] : &sum, c->in[i]};
        rsl_apply(k, lane, pair, 2, &sum, p);
    }
    if (last)
        rsl_apply(last, lane, of, 1, out, p);
    else if (sum.data != out->data)
        rsl_tensor_cast(&sum, out);
    return RSL_OK;
}
