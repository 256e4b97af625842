/* DequantizeLinear: y = (x - zero_point) * scale, in the type of the scale. */
#include "ops/linear_scales.h"

static int infer(struct rsl_call *c) {
    struct rsl_channels view;
    RSL_TRY(rsl_need_dtype(c, 0, "u8 i8 i32"));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    RSL_TRY(rsl_need_scales(c, &view));
    return rsl_set_out(c, 0, c->in[1]->dtype, &c->in[0]->shape);
}

static void dequantize_run(const struct rsl_call *c, int64_t first, int64_t count,
                           int64_t channel) {
    enum { PIECE = 256 };
    double piece[PIECE];
    const struct rsl_tensor *x = c->in[0], *y = c->out[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    const struct rsl_dtype_traits *ty = rsl_dtype_traits((int)y->dtype);
    float scale = (float)rsl_tensor_double(c->in[1], channel);
    double zero = c->n_in > 2 && c->in[2] ? rsl_tensor_double(c->in[2], channel) : 0;
    for (int64_t end = first + count; first < end; first += PIECE) {
        size_t n = (size_t)(end - first < PIECE ? end - first : PIECE);
        t->to_double((const char *)x->data + (size_t)first * t->bytes, piece, n);
        for (size_t i = 0; i < n; i++) piece[i] = (float)(piece[i] - zero) * scale;
        ty->from_double(piece, (char *)y->data + (size_t)first * ty->bytes, n);
    }
}

static int forward(const struct rsl_call *c) {
    struct rsl_channels v;
    RSL_TRY(rsl_need_scales(c, &v));
    for (int64_t o = 0, first = 0; o < v.outer; o++)
        for (int64_t k = 0; k < v.channels; k++, first += v.inner)
            dequantize_run(c, first, v.inner, k);
    return RSL_OK;
}

const struct rsl_op rsl_op_DequantizeLinear = {
    .name = "DequantizeLinear",
    .domain = "",
    .since = 10,
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
