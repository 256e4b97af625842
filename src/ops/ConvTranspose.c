/* ConvTranspose: Y[n,m,i*stride + k*dilation - pad] += W[c,m,k] X[n,c,i], plus B[m]: the gradient
 * of Conv. Groups, output_padding and output_shape; images of one to six axes. */
#include "ops/conv_reference.h"

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    RSL_TRY(rsl_conv_transpose_geometry(&g, c));
    RSL_TRY(rsl_conv_need_bias(&g, c, 2));
    struct rsl_shape out = rsl_conv_out_shape(&g);
    c->scratch_size = rsl_conv_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    RSL_TRY(rsl_conv_transpose_geometry(&g, c));
    rsl_conv_forward(c, &g);
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_transpose_geometry(&g, c) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_ConvTranspose = {
    .name = "ConvTranspose",
    .domain = "",
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
