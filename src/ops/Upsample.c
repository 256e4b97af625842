/* Upsample (until opset 9; then Resize): nearest or linear, coordinates x / scale. The scales are
 * an attribute before opset 9, input 1 in it. */
#include "graph/gradient.h"
#include "ops/resize.h"

int rsl_upsample_read(const struct rsl_call *c, struct rsl_resize *r) {
    RSL_TRY(rsl_resize_init(c, r));
    r->coordinates = RSL_ASYMMETRIC;
    r->nearest = RSL_FLOOR;
    if (r->mode == RSL_RESIZE_CUBIC)
        return rsl_fail(RSL_EUNSUPPORTED, "mode 'cubic' is not offered");
    const struct rsl_attr *a = rsl_node_attr(c->node, "scales");
    const struct rsl_tensor *t = rsl_input(c, 1);
    bool attribute = c->opset < 9;
    if (attribute ? t || !a || a->type != RSL_ATTR_FLOATS : a || !t)
        return rsl_fail(RSL_EGRAPH, "in opset %d 'scales' is %s", c->opset,
                        attribute ? "a list of floats among the attributes" : "input 1");
    RSL_TRY(rsl_need_dtype(c, 1, "f32"));
    int64_t n = attribute ? (int64_t)a->count : rsl_tensor_count(t);
    if (n != r->rank)
        return rsl_fail(RSL_ESHAPE, "there are %lld scales for %d dimensions", (long long)n,
                        r->rank);
    for (int k = 0; k < r->rank; k++) {
        double scale = attribute ? (double)a->floats[k] : rsl_tensor_double(t, k);
        if (scale < 1) return rsl_fail(RSL_EARG, "scale %g of axis %d is below 1", scale, k);
        RSL_TRY(rsl_resize_scale(r, k, scale));
    }
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_resize r;
    RSL_TRY(rsl_upsample_read(c, &r));
    return rsl_resize_infer(c, &r);
}

static int forward(const struct rsl_call *c) {
    struct rsl_resize r;
    RSL_TRY(rsl_upsample_read(c, &r));
    return rsl_resize_forward(c, &r);
}

static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_resize r;
    RSL_TRY(rsl_upsample_read(rsl_backward_call(b, &again), &r));
    return rsl_resize_gradient(b, &r);
}

const struct rsl_op rsl_op_Upsample = {
    .name = "Upsample",
    .domain = "",
    .until = 9,
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
