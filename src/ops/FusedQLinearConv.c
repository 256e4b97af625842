/* FusedQLinearConv (domain resile): a convolution of 8-bit integers with all that follows it in one
 * node; fused_qlinear.h says what is computed. Attributes of Conv besides those given there.
 * Padding counts as nothing. */
#include "ops/conv_reference.h"
#include "ops/fused_qlinear.h"

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    struct rsl_qlinear_end e;
    RSL_TRY(rsl_conv_geometry(&g, c, RSL_QLINEAR_X, RSL_QLINEAR_W));
    struct rsl_shape out = rsl_conv_out_shape(&g);
    RSL_TRY(rsl_qlinear_end(&e, c, g.out_channels, &out));
    c->scratch_size = rsl_conv_scratch(&g);
    return rsl_set_out(c, 0, e.to, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    struct rsl_conv_run r;
    struct rsl_qlinear_end e;
    RSL_TRY(rsl_conv_geometry(&g, c, RSL_QLINEAR_X, RSL_QLINEAR_W));
    RSL_TRY(rsl_qlinear_end(&e, c, g.out_channels, &c->out[0]->shape));
    rsl_conv_start(&r, &g, c, RSL_QLINEAR_W);
    if (rsl_input(c, RSL_QLINEAR_ZERO)) rsl_conv_subtract_zero(&r, c, RSL_QLINEAR_ZERO);
    for (int64_t n = 0; n < g.batch; n++) {
        rsl_conv_image(&r, c->in[RSL_QLINEAR_X], n);
        for (int64_t m = 0; m < g.out_channels; m++)
            rsl_qlinear_finish(&e, c, m, (n * g.out_channels + m) * r.n_plane, r.n_plane,
                               rsl_conv_plane(&r, m));
    }
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_geometry(&g, c, RSL_QLINEAR_X, RSL_QLINEAR_W) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_FusedQLinearConv = {
    .name = "FusedQLinearConv",
    .domain = "resile",
    .in_min = 3,
    .in_max = 6,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
