/* QLinearGlobalAveragePool (domain resile): the mean of each channel's image, of 8-bit integers
 * with their zero at 0.
 *
 *   Y = sum(X) * multiplier     to the nearest integer, ties to even, saturated; f32: as it is
 *
 * multiplier (float) is x_scale / (y_scale * elements); `to` is ONNX's number of u8, i8 or f32. The
 * product is in single precision. */
#include "ops/fused_qlinear.h"

#include <math.h>

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "u8 i8"));
    RSL_TRY(rsl_need_rank(c, 0, 3, RSL_MAX_RANK));
    int64_t to = rsl_node_int(c->node, "to", RSL_u8);
    if (to != RSL_u8 && to != RSL_i8 && to != RSL_f32)
        return rsl_fail(RSL_EUNSUPPORTED, "attribute to is %lld; it may be u8, i8 or f32",
                        (long long)to);
    struct rsl_shape out = c->in[0]->shape;
    if (rsl_shape_span(&out, 2, out.rank) > 1 << 23)
        return rsl_fail(RSL_ESHAPE, "the images have more than 2^23 elements");
    for (int d = 2; d < out.rank; d++) out.dim[d] = 1;
    return rsl_set_out(c, 0, (enum rsl_dtype)to, &out);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor *y = c->out[0];
    float multiplier = rsl_node_float(c->node, "multiplier", 1);
    float low = rsl_qlinear_low(y->dtype), high = rsl_qlinear_high(y->dtype);
    int64_t area = rsl_shape_span(&x->shape, 2, x->shape.rank);
    for (int64_t i = 0; i < rsl_tensor_count(y); i++) {
        int64_t sum = 0;
        for (int64_t k = 0; k < area; k++) sum += rsl_tensor_int(x, i * area + k);
        float t = (float)sum * multiplier;
        if (y->dtype != RSL_f32) {
            t = t > low ? t : low;
            t = rsl_qlinear_round(t < high ? t : high);
        }
        rsl_tensor_set_double(y, i, (double)t);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_QLinearGlobalAveragePool = {
    .name = "QLinearGlobalAveragePool",
    .domain = "resile",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
