/* Conv: Y[n,m,o] = B[m] + sum over c, k of W[m,c,k] X[n, c, o*stride + k*dilation - pad], channels
 * in groups; images of one to six axes. */
#include "graph/gradient.h"
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

static int gradient(struct rsl_backward *b) {
    if (rsl_wanted(b, 0)) {
        b->dx[0] = rsl_emit(b, "ConvInputGrad", 2, b->dy[0], b->node.in[1]);
        rsl_emit_attributes(b);
        rsl_emit_shape_of(b, 0);
    }
    if (!rsl_wanted(b, 1) && !rsl_wanted(b, 2)) return RSL_OK;
    const int in[2] = {b->node.in[0], b->dy[0]};
    int out[2] = {0, rsl_wanted(b, 2) ? 0 : RSL_ABSENT};
    rsl_emit_many(b, "ConvWeightGrad", in, 2, out, rsl_wanted(b, 2) ? 2 : 1);
    rsl_emit_attributes(b);
    rsl_emit_shape_of(b, 1);
    if (rsl_wanted(b, 1)) b->dx[1] = out[0];
    if (rsl_wanted(b, 2)) b->dx[2] = out[1];
    return RSL_OK;
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
    .gradient = gradient,
};
