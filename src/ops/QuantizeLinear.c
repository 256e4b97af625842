/* QuantizeLinear: y = saturate(round(x / scale) + zero_point), halves to even, in u8 or i8, the
 * type of the zero point (u8 without one). NaN has no quantized value; it becomes the lowest one,
 * as in PyTorch and ONNX Runtime. */
#include "ops/linear_scales.h"

#include <math.h>

static int infer(struct rsl_call *c) {
    struct rsl_channels view;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 i32 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 2, "u8 i8"));
    RSL_TRY(rsl_need_scales(c, &view));
    return rsl_set_out(c, 0, c->n_in > 2 && c->in[2] ? c->in[2]->dtype : RSL_u8, &c->in[0]->shape);
}

static void quantize_run(const struct rsl_call *c, int64_t first, int64_t count, int64_t channel) {
    enum { PIECE = 256 };
    double piece[PIECE];
    const struct rsl_tensor *x = c->in[0], *y = c->out[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    const struct rsl_dtype_traits *ty = rsl_dtype_traits((int)y->dtype);
    float scale = (float)rsl_tensor_double(c->in[1], channel);
    double zero = c->n_in > 2 && c->in[2] ? rsl_tensor_double(c->in[2], channel) : 0;
    double lowest = y->dtype == RSL_i8 ? INT8_MIN : 0;
    for (int64_t end = first + count; first < end; first += PIECE) {
        size_t n = (size_t)(end - first < PIECE ? end - first : PIECE);
        t->to_double((const char *)x->data + (size_t)first * t->bytes, piece, n);
        for (size_t i = 0; i < n; i++) {
            double q = rintf((float)piece[i] / scale) + zero;
            piece[i] = q > lowest ? q : lowest; /* NaN is not > */
        }
        ty->from_double(piece, (char *)y->data + first, n); /* saturates */
    }
}

static int forward(const struct rsl_call *c) {
    struct rsl_channels v;
    RSL_TRY(rsl_need_scales(c, &v));
    for (int64_t o = 0, first = 0; o < v.outer; o++)
        for (int64_t k = 0; k < v.channels; k++, first += v.inner)
            quantize_run(c, first, v.inner, k);
    return RSL_OK;
}

const struct rsl_op rsl_op_QuantizeLinear = {
    .name = "QuantizeLinear",
    .domain = "",
    .since = 10,
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
