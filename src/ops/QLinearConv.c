/* QLinearConv: Y = round((conv(X - x_zero, W - w_zero) + B) * x_scale * w_scale / y_scale) +
 * y_zero, rounded half to even and saturated. W's scale and zero point may be one per output
 * channel; B is in units of x_scale * w_scale. */
#include "ops/conv_reference.h"
#include "ops/integer_operands.h"

enum { X, X_SCALE, X_ZERO, W, W_SCALE, W_ZERO, Y_SCALE, Y_ZERO, B };

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    static const char *const types[] = {"u8 i8", "f32", "u8 i8", "u8 i8", "f32",
                                        "u8 i8", "f32", "u8 i8", "i32"};
    for (int i = X; i < c->n_in; i++) RSL_TRY(rsl_need_dtype(c, i, types[i]));
    RSL_TRY(rsl_conv_geometry(&g, c, X, W));
    RSL_TRY(rsl_conv_need_bias(&g, c, B));
    for (int i = X_SCALE; i <= Y_ZERO; i++)
        if (i != W)
            RSL_TRY(rsl_need_parameter(c, i, i == W_SCALE || i == W_ZERO ? g.out_channels : 1, 1));
    struct rsl_shape out = rsl_conv_out_shape(&g);
    c->scratch_size = rsl_conv_scratch(&g);
    return rsl_set_out(c, 0, c->in[Y_ZERO]->dtype, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    struct rsl_conv_run r;
    RSL_TRY(rsl_conv_geometry(&g, c, X, W));
    rsl_conv_start(&r, &g, c, W);
    rsl_conv_subtract_zero(&r, c, W_ZERO);
    for (int64_t n = 0; n < g.batch; n++) {
        rsl_conv_image(&r, c->in[X], n);
        for (int64_t i = 0; i < r.n_image; i++) r.image[i] -= rsl_parameter(c, X_ZERO, 0);
        for (int64_t m = 0; m < g.out_channels; m++) {
            double *y = rsl_conv_plane(&r, m), bias = rsl_parameter(c, B, m);
            double scale = rsl_parameter(c, X_SCALE, 0) * rsl_parameter(c, W_SCALE, m) /
                           rsl_parameter(c, Y_SCALE, 0);
            for (int64_t i = 0; i < r.n_plane; i++)
                y[i] = rsl_requantize((y[i] + bias) * scale, rsl_parameter(c, Y_ZERO, 0));
            rsl_conv_store(&r, c->out[0], n, m);
        }
    }
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_geometry(&g, c, X, W) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_QLinearConv = {
    .name = "QLinearConv",
    .domain = "",
    .since = 10,
    .in_min = 8,
    .in_max = 9,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
