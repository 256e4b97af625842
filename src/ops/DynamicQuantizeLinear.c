/* DynamicQuantizeLinear: quantizes f32 to u8 with a scale and zero point taken from the data:
 *
 *     low = min(0, min x), high = max(0, max x)
 *     scale = (high - low) / 255            (1 when x is all zeros, so that nothing divides by 0)
 *     zero  = saturate(round(-low / scale))
 *     y     = saturate(round(x / scale) + zero)
 *
 * A NaN in x makes the scale NaN, an infinity makes it infinite: what follows shows it. */
#include "ops/op.h"

#include <math.h>

/* NaN gives 0. */
static uint8_t saturate(float q) {
    return q > 255 ? 255 : q > 0 ? (uint8_t)q : 0;
}

static int infer(struct rsl_call *c) {
    const struct rsl_shape scalar = {.rank = 0};
    RSL_TRY(rsl_need_dtype(c, 0, "f32"));
    RSL_TRY(rsl_set_out(c, 0, RSL_u8, &c->in[0]->shape));
    RSL_TRY(rsl_set_out(c, 1, RSL_f32, &scalar));
    return rsl_set_out(c, 2, RSL_u8, &scalar);
}

static int forward(const struct rsl_call *c) {
    const float *x = c->in[0]->data;
    int64_t n = rsl_tensor_count(c->in[0]);
    float low = 0, high = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(x[i] >= low)) low = x[i]; /* true for NaN too, and once NaN ... */
        if (x[i] > high) high = x[i];
        if (low != low) break; /* ... it stays */
    }
    float scale = high == low ? 1 : (high - low) / 255;
    uint8_t zero = saturate(rintf(-low / scale));
    if (c->out[0]) {
        uint8_t *y = c->out[0]->data;
        for (int64_t i = 0; i < n; i++) y[i] = saturate(rintf(x[i] / scale) + zero);
    }
    if (c->out[1]) *(float *)c->out[1]->data = scale;
    if (c->out[2]) *(uint8_t *)c->out[2]->data = zero;
    return RSL_OK;
}

const struct rsl_op rsl_op_DynamicQuantizeLinear = {
    .name = "DynamicQuantizeLinear",
    .domain = "",
    .since = 11,
    .in_min = 1,
    .in_max = 1,
    .out_min = 3,
    .out_max = 3,
    .infer = infer,
    .forward = forward,
};
