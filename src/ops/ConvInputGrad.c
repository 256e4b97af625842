/* ConvInputGrad (domain resile): the gradient of Conv with respect to X, from dY and W; attributes
 * of Conv, and "shape", that of X. It is the transposed convolution whose output is exactly X. */
#include "ops/conv_gradient.h"
#include "ops/conv_reference.h"

#include <string.h>

/* The same window, read from the output's side. */
static struct rsl_conv_geometry adjoint(const struct rsl_conv_geometry *g) {
    struct rsl_conv_geometry a = *g;
    a.transposed = true;
    a.in_channels = g->out_channels;
    a.out_channels = g->in_channels;
    memcpy(a.window.in, g->window.out, sizeof a.window.in);
    memcpy(a.window.out, g->window.in, sizeof a.window.out);
    return a;
}

static int infer(struct rsl_call *c) {
    struct rsl_conv_geometry g;
    struct rsl_shape x;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_conv_input_grad_geometry(&g, c));
    RSL_TRY(rsl_need_shape(c, &x));
    struct rsl_conv_geometry a = adjoint(&g);
    c->scratch_size = rsl_conv_scratch(&a);
    return rsl_set_out(c, 0, c->in[0]->dtype, &x);
}

static int forward(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    RSL_TRY(rsl_conv_input_grad_geometry(&g, c));
    struct rsl_conv_geometry a = adjoint(&g);
    rsl_conv_forward(c, &a);
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_input_grad_geometry(&g, c) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_ConvInputGrad = {
    .name = "ConvInputGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
