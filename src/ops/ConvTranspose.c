/* ConvTranspose: Y[n,m,i*stride + k*dilation - pad] += W[c,m,k] X[n,c,i], plus B[m]: the gradient
 * of Conv. Groups, output_padding and output_shape; images of one to six axes. */
#include "graph/gradient.h"
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

/* The adjoint of a transposed convolution is the convolution with the same weights, and the roles
 * of input and output change places in the gradient of the weights. Both take the pads as they came
 * out, and windows that reach exactly as far as x. */
static int gradient(struct rsl_backward *b) {
    struct rsl_conv_geometry g;
    const struct rsl_tensor *in[2] = {rsl_backward_in(b, 0), rsl_backward_in(b, 1)};
    const struct rsl_call c = {.node = &b->node, .opset = b->node.opset, .n_in = 2, .in = in};
    RSL_TRY(rsl_conv_transpose_geometry(&g, &c));
    const struct rsl_window *w = &g.window;
    int64_t pads[2 * RSL_MAX_SPATIAL];
    for (int i = 0; i < w->rank; i++) {
        pads[i] = w->pad_begin[i];
        pads[w->rank + i] =
            (w->in[i] - 1) * w->stride[i] + rsl_window_reach(w, i) - w->out[i] - w->pad_begin[i];
        if (pads[w->rank + i] < 0) pads[w->rank + i] = 0; /* output_padding: beyond all windows */
    }
    for (int which = 0; which < 2; which++) {
        if (!rsl_wanted(b, which)) continue;
        b->dx[which] = which == 0 ? rsl_emit(b, "Conv", 2, b->dy[0], b->node.in[1])
                                  : rsl_emit(b, "ConvWeightGrad", 2, b->dy[0], b->node.in[0]);
        rsl_emit_ints(b, "pads", pads, 2 * (size_t)w->rank);
        rsl_emit_ints(b, "strides", w->stride, (size_t)w->rank);
        rsl_emit_ints(b, "dilations", w->dilation, (size_t)w->rank);
        rsl_emit_int(b, "group", g.group);
        if (which == 1) rsl_emit_shape_of(b, 1);
    }
    if (rsl_wanted(b, 2)) {
        int64_t axes[RSL_MAX_RANK] = {0};
        for (int i = 0; i < w->rank; i++) axes[1 + i] = 2 + i;
        b->dx[2] = rsl_emit_reduce_sum(b, b->dy[0], axes, 1 + (size_t)w->rank, false);
    }
    return RSL_OK;
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
    .gradient = gradient,
};
