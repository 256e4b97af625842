/* Resize: resampling to given sizes or by given scales.
 *
 * Opset 10: scales only, coordinates x / scale. Opset 11: roi, scales, sizes and the coordinate
 * modes; 13 drops tf_half_pixel_for_nn; 18 adds axes, antialias and keep_aspect_ratio_policy; 19
 * half_pixel_symmetric. The output size under scales is floor(in * scale) also with
 * tf_crop_and_resize, as ONNX's shape inference has it. */
#include "ops/resize.h"
#include "graph/gradient.h"

#include <math.h>

#include "ops/lists.h"

static int read_modes(const struct rsl_call *c, struct rsl_resize *r) {
    const char *const coordinates[] = {"half_pixel",
                                       "pytorch_half_pixel",
                                       "align_corners",
                                       "asymmetric",
                                       "tf_crop_and_resize",
                                       c->opset < 13 ? "tf_half_pixel_for_nn" : NULL,
                                       c->opset < 19 ? NULL : "half_pixel_symmetric"};
    static const char *const nearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                          "ceil"};
    const struct rsl_node *n = c->node;
    int at;
    RSL_TRY(rsl_read_word(c, "coordinate_transformation_mode", coordinates, 7, &at));
    r->coordinates = (enum rsl_resize_coordinates)at;
    RSL_TRY(rsl_read_word(c, "nearest_mode", nearest, 4, &at));
    r->nearest = (enum rsl_resize_nearest)at;
    r->cubic_a = (double)rsl_node_float(n, "cubic_coeff_a", -0.75f);
    r->extrapolation = (double)rsl_node_float(n, "extrapolation_value", 0);
    r->exclude_outside = rsl_node_int(n, "exclude_outside", 0) != 0;
    r->antialias =
        c->opset >= 18 && r->mode != RSL_RESIZE_NEAREST && rsl_node_int(n, "antialias", 0) != 0;
    return RSL_OK;
}

static int read_axes(const struct rsl_call *c, struct rsl_list *axes) {
    RSL_TRY(rsl_read_list(c, "axes", -1, RSL_MANY, axes));
    int rank = c->in[0]->shape.rank;
    if (!axes->given || c->opset < 18) {
        axes->n = rank;
        for (int k = 0; k < rank; k++) axes->at[k] = k;
    }
    return rsl_list_axes(axes, rank);
}

/* Input i when it is there and not empty, which is another way of leaving it out. */
static int read_input(const struct rsl_call *c, int i, const char *name, const char *dtypes, int n,
                      const struct rsl_tensor **t) {
    *t = rsl_input(c, i);
    if (!*t || rsl_tensor_count(*t) == 0) {
        *t = NULL;
        return RSL_OK;
    }
    RSL_TRY(rsl_need_dtype(c, i, dtypes));
    if (rsl_tensor_count(*t) == n) return RSL_OK;
    return rsl_fail(RSL_ESHAPE, "input %d, %s, has %lld items, %d are needed", i, name,
                    (long long)rsl_tensor_count(*t), n);
}

/* Output sizes, and from them the scales. A kept aspect ratio has one scale for all axes, the
 * smallest or the largest; the sizes are then rounded, halves up. */
static int apply_sizes(const struct rsl_call *c, struct rsl_resize *r, const struct rsl_list *axes,
                       const struct rsl_tensor *sizes) {
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller"};
    int policy = 0;
    if (c->opset >= 18) RSL_TRY(rsl_read_word(c, "keep_aspect_ratio_policy", policies, 3, &policy));
    double common = 0;
    for (int k = 0; k < axes->n; k++) {
        struct rsl_resize_axis *a = &r->axis[axes->at[k]];
        a->out = rsl_tensor_int(sizes, k);
        if (a->out < 0 || a->out > RSL_MAX_ELEMENTS)
            return rsl_fail(RSL_ESHAPE, "size %lld of axis %d is impossible", (long long)a->out,
                            (int)axes->at[k]);
        a->scale = a->in ? (double)a->out / (double)a->in : 1;
        if (k == 0 || (policy == 1 ? a->scale < common : a->scale > common)) common = a->scale;
    }
    for (int k = 0; policy && k < axes->n; k++) {
        struct rsl_resize_axis *a = &r->axis[axes->at[k]];
        double out = floor(common * (double)a->in + 0.5);
        a->scale = common;
        a->out = out < (double)RSL_MAX_ELEMENTS ? (int64_t)out : RSL_MAX_ELEMENTS + 1;
    }
    return RSL_OK;
}

static int apply_scales(struct rsl_resize *r, const struct rsl_list *axes,
                        const struct rsl_tensor *scales) {
    for (int k = 0; k < axes->n; k++)
        RSL_TRY(rsl_resize_scale(r, (int)axes->at[k], rsl_tensor_double(scales, k)));
    return RSL_OK;
}

int rsl_resize_read(const struct rsl_call *c, struct rsl_resize *r) {
    struct rsl_list axes;
    const struct rsl_tensor *roi = NULL, *scales, *sizes = NULL;
    bool old = c->opset < 11;
    RSL_TRY(rsl_resize_init(c, r));
    if (old && c->n_in > 2)
        return rsl_fail(RSL_EGRAPH, "there are %d inputs, opset 10 takes 2", c->n_in);
    if (old && r->mode == RSL_RESIZE_CUBIC)
        return rsl_fail(RSL_EUNSUPPORTED, "mode 'cubic' does not exist in opset 10");
    r->coordinates = RSL_ASYMMETRIC;
    r->nearest = RSL_CEIL_TO_SHRINK;
    if (!old) RSL_TRY(read_modes(c, r));
    RSL_TRY(read_axes(c, &axes));
    if (!old && r->coordinates == RSL_TF_CROP_AND_RESIZE) {
        RSL_TRY(read_input(c, 1, "roi", "f32 f64 f16", 2 * axes.n, &roi));
        if (!roi) return rsl_fail(RSL_EGRAPH, "tf_crop_and_resize needs input 1, the roi");
    }
    RSL_TRY(read_input(c, old ? 1 : 2, "scales", "f32", axes.n, &scales));
    if (!old) RSL_TRY(read_input(c, 3, "sizes", "i64", axes.n, &sizes));
    if (!scales == !sizes && axes.n)
        return rsl_fail(RSL_EGRAPH, "exactly one of scales and sizes is needed");
    for (int k = 0; roi && k < 2 * axes.n; k++)
        r->axis[axes.at[k % axes.n]].roi[k / axes.n] = rsl_tensor_double(roi, k);
    if (scales) return apply_scales(r, &axes, scales);
    return sizes ? apply_sizes(c, r, &axes, sizes) : RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_resize r;
    RSL_TRY(rsl_resize_read(c, &r));
    return rsl_resize_infer(c, &r);
}

static int forward(const struct rsl_call *c) {
    struct rsl_resize r;
    RSL_TRY(rsl_resize_read(c, &r));
    return rsl_resize_forward(c, &r);
}

static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_resize r;
    RSL_TRY(rsl_resize_read(rsl_backward_call(b, &again), &r));
    return rsl_resize_gradient(b, &r);
}

const struct rsl_op rsl_op_Resize = {
    .name = "Resize",
    .domain = "",
    .since = 10,
    .in_min = 1,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1 | 1u << 2 | 1u << 3,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
