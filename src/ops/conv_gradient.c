/* See conv_gradient.h. */
#include "ops/conv_gradient.h"

static int geometry(struct rsl_conv_geometry *g, const struct rsl_call *c,
                    const struct rsl_shape *x, const struct rsl_shape *w,
                    const struct rsl_shape *dy) {
    const struct rsl_tensor tx = {.dtype = c->in[0]->dtype, .shape = *x};
    const struct rsl_tensor tw = {.dtype = c->in[0]->dtype, .shape = *w};
    const struct rsl_tensor *in[2] = {&tx, &tw};
    const struct rsl_call conv = {.node = c->node, .opset = c->opset, .n_in = 2, .in = in};
    RSL_TRY(rsl_conv_geometry(g, &conv, 0, 1));
    struct rsl_shape y = rsl_conv_out_shape(g);
    char need[RSL_SHAPE_TEXT], have[RSL_SHAPE_TEXT];
    if (!rsl_shape_equal(&y, dy))
        return rsl_fail(RSL_ESHAPE, "the convolution gives %s, its gradient has shape %s",
                        rsl_shape_text(&y, need), rsl_shape_text(dy, have));
    return RSL_OK;
}

int rsl_conv_input_grad_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c) {
    struct rsl_shape x;
    RSL_TRY(rsl_need_shape(c, &x));
    return geometry(g, c, &x, &c->in[1]->shape, &c->in[0]->shape);
}

int rsl_conv_weight_grad_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c) {
    struct rsl_shape w;
    RSL_TRY(rsl_need_shape(c, &w));
    return geometry(g, c, &c->in[0]->shape, &w, &c->in[1]->shape);
}
