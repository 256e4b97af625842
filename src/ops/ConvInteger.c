/* ConvInteger: Conv of X - x_zero_point with W - w_zero_point into 32-bit integers. Padding counts
 * as x_zero_point, that is as nothing. Sums are exact; beyond 32 bits they saturate. */
#include "ops/conv_reference.h"
#include "ops/integer_operands.h"

enum { X, W, X_ZERO, W_ZERO };

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    for (int i = X; i < c->n_in; i++) RSL_TRY(rsl_need_dtype(c, i, "u8 i8"));
    RSL_TRY(rsl_conv_geometry(&g, c, X, W));
    RSL_TRY(rsl_need_parameter(c, X_ZERO, 1, 1));
    RSL_TRY(rsl_need_parameter(c, W_ZERO, g.out_channels, 1));
    struct rsl_shape out = rsl_conv_out_shape(&g);
    c->scratch_size = rsl_conv_scratch(&g);
    return rsl_set_out(c, 0, RSL_i32, &out);
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
            rsl_conv_plane(&r, m);
            rsl_conv_store(&r, c->out[0], n, m);
        }
    }
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_geometry(&g, c, X, W) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_ConvInteger = {
    .name = "ConvInteger",
    .domain = "",
    .since = 10,
    .in_min = 2,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
