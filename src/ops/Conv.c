/* Conv: Y[n,m,o] = B[m] + sum over c, k of W[m,c,k] X[n, c, o*stride + k*dilation - pad], channels
 * in groups; images of one to six axes. */
#include "ops/conv_reference.h"

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    RSL_TRY(rsl_conv_geometry(&g, c, 0, 1));
    RSL_TRY(rsl_conv_need_bias(&g, c, 2));
    struct rsl_shape out = rsl_conv_out_shape(&g);
    c->scratch_size = rsl_conv_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    RSL_TRY(rsl_conv_geometry(&g, c, 0, 1));
    rsl_conv_forward(c, &g);
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_geometry(&g, c, 0, 1) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_Conv = {
    .name = "Conv",
    .domain = "",
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
