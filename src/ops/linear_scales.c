/* See linear_scales.h. */
#include "ops/linear_scales.h"

int rsl_need_scales(const struct rsl_call *c, struct rsl_channels *view) {
    const struct rsl_shape *x = &c->in[0]->shape, *scale = &c->in[1]->shape;
    char text[RSL_SHAPE_TEXT];
    RSL_TRY(rsl_need_dtype(c, 1, "f32 f16 bf16"));
    *view = (struct rsl_channels){.outer = 1, .channels = 1, .inner = rsl_shape_count(x)};
    if (c->n_in > 2 && c->in[2] && rsl_tensor_count(c->in[2]) != rsl_shape_count(scale))
        return rsl_fail(RSL_ESHAPE, "there are %lld zero points for the scale of shape %s",
                        (long long)rsl_tensor_count(c->in[2]), rsl_shape_text(scale, text));
    if (rsl_shape_count(scale) == 1) return RSL_OK;
    if (c->opset < 13)
        return rsl_fail(RSL_ESHAPE, "the scale has shape %s; before opset 13 it must be a scalar",
                        rsl_shape_text(scale, text));
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 1), x->rank, false, &axis));
    if (scale->rank != 1 || scale->dim[0] != x->dim[axis])
        return rsl_fail(RSL_ESHAPE, "the scale has shape %s, but axis %d of input 0 is %lld long",
                        rsl_shape_text(scale, text), axis, (long long)x->dim[axis]);
    *view = (struct rsl_channels){.outer = rsl_shape_span(x, 0, axis),
                                  .channels = x->dim[axis],
                                  .inner = rsl_shape_span(x, axis + 1, x->rank)};
    return RSL_OK;
}
