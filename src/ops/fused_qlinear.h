/* The integer layers that rewriting makes: products of 8-bit numbers, and what follows them.
 *
 * Inputs  X (u8 or i8), W (i8), multiplier (f32, one per output channel), and optionally
 *         B (f32, likewise), W_zero (i32, likewise), Z (u8 or i8, of Y's shape).
 * Attributes  to (ONNX's number of u8, i8 or f32; u8), activation ("" or "Relu"), residual_scale.
 *
 *   sum = sum over X * (W - W_zero)     32-bit integers, wrapping as hardware's accumulators do
 *   t = (sum + B) * multiplier          single precision, rounded after each step
 *   t = t + Z                           with a residual
 *   t = max(t, 0)                       Relu
 *   t = t * residual_scale              with a residual
 *   Y = t to the nearest integer, ties to even, saturated; f32: t itself
 *
 * So real numbers x_scale * X times w_scale * (W - W_zero) come out in units of Y's scale, with the
 * zero of every activation at 0. NaN becomes the least integer. Integer kernels reproduce this bit
 * for bit, whatever the order of their sums. */
#ifndef RSL_OPS_FUSED_QLINEAR_H
#define RSL_OPS_FUSED_QLINEAR_H

#include "ops/op.h"

enum {
    RSL_QLINEAR_X,
    RSL_QLINEAR_W,
    RSL_QLINEAR_MULTIPLIER,
    RSL_QLINEAR_BIAS,
    RSL_QLINEAR_ZERO,
    RSL_QLINEAR_RESIDUAL,
    RSL_QLINEAR_INPUTS
};

/* What follows the products. */
struct rsl_qlinear_end {
    bool relu, residual;
    float residual_scale;
    enum rsl_dtype to;
};

/* Reads and checks it; `channels` outputs, Y of shape `out`. The border: types and counts of all
 * inputs. */
int rsl_qlinear_end(struct rsl_qlinear_end *e, const struct rsl_call *c, int64_t channels,
                    const struct rsl_shape *out);

/* To what integers are clamped before they are rounded. */
static inline float rsl_qlinear_low(enum rsl_dtype to) {
    return to == RSL_i8 ? -128.0F : 0.0F;
}
static inline float rsl_qlinear_high(enum rsl_dtype to) {
    return to == RSL_i8 ? 127.0F : 255.0F;
}

/* Of |t| <= 2^22: to the nearest integer, ties to even. */
static inline float rsl_qlinear_round(float t) {
    const float round = 0x1.8p23F;
    return (t + round) - round;
}

/* One element of Y from its sum: rounded where it will be an integer. */
static inline float rsl_qlinear_value(const struct rsl_qlinear_end *e, int32_t sum, float bias,
                                      float multiplier, float residual) {
    float t = (float)sum + bias;
    t *= multiplier;
    if (e->residual) t += residual;
    if (e->relu) t = t < 0 ? 0 : t;
    if (e->residual) t *= e->residual_scale;
    if (e->to == RSL_f32) return t;
    float low = rsl_qlinear_low(e->to), high = rsl_qlinear_high(e->to);
    t = t > low ? t : low; /* NaN is not > */
    return rsl_qlinear_round(t < high ? t : high);
}

/* Elements first..first+n-1 of channel m of Y, which lie one after the other, from their sums. */
void rsl_qlinear_finish(const struct rsl_qlinear_end *e, const struct rsl_call *c, int64_t m,
                        int64_t first, int64_t n, const double *sum);

#endif
