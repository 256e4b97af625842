/* Squeeze: drops the dimensions of 1 that `axes` names (an input from opset 13 on), or all. */
#include "graph/gradient.h"
#include "ops/lists.h"

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    struct rsl_list axes;
    RSL_TRY(rsl_read_list(c, "axes", 1, 13, &axes));
    RSL_TRY(rsl_list_axes(&axes, x->rank));
    struct rsl_shape s = {.rank = 0};
    for (int k = 0; k < x->rank; k++) {
        bool drop = axes.given ? rsl_list_has(&axes, k) : x->dim[k] == 1;
        if (drop && x->dim[k] != 1) {
            char text[RSL_SHAPE_TEXT];
            return rsl_fail(RSL_ESHAPE, "axis %d of shape %s is not 1, it cannot be dropped", k,
                            rsl_shape_text(x, text));
        }
        if (!drop) s.dim[s.rank++] = x->dim[k];
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

const struct rsl_op rsl_op_Squeeze = {
    .name = "Squeeze",
    .domain = "",
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .alias = true,
    .infer = infer,
    .forward = rsl_forward_copy,
    .gradient = rsl_gradient_reshape,
};
