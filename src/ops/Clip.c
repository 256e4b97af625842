/* Clip: y = x, not below min, not above max; when they cross, max. NaN stays NaN, and a bound that
 * is left out is none at all, so that an infinity made by a fault stays visible. The bounds are
 * attributes up to opset 10, inputs from 11 on. */
#include "ops/elementwise.h"

#define CLIP(name, type, lowest, highest)                                 \
    static void name(const struct rsl_piece *k) {                         \
        const type *x = k->in[0];                                         \
        type *y = k->out;                                                 \
        type low = k->in[1] ? *(const type *)k->in[1] : (type)(lowest);   \
        type high = k->in[2] ? *(const type *)k->in[2] : (type)(highest); \
        for (int64_t i = 0, n = k->n; i < n; i++) {                       \
            type v = x[i] < low ? low : x[i];                             \
            y[i] = v > high ? high : v;                                   \
        }                                                                 \
    }
CLIP(clip_f32, float, -INFINITY, INFINITY)
CLIP(clip_f64, double, -INFINITY, INFINITY)
CLIP(clip_i64, int64_t, INT64_MIN, INT64_MAX)
CLIP(clip_u64, uint64_t, 0, UINT64_MAX)

static const struct rsl_kernels kernels = {
    .f32 = clip_f32, .f64 = clip_f64, .i64 = clip_i64, .u64 = clip_u64};

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_lane(c, 0, &kernels));
    if (c->opset < 11 && c->n_in > 1)
        return rsl_fail(RSL_EGRAPH, "bounds are inputs only from opset 11 on");
    for (int i = 1; i < c->n_in; i++) {
        RSL_TRY(rsl_need_same_dtype(c, i));
        if (c->in[i] && rsl_tensor_count(c->in[i]) != 1)
            return rsl_fail(RSL_ESHAPE, "input %d, a bound, must have one element", i);
    }
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *in[3] = {c->in[0], c->n_in > 1 ? c->in[1] : NULL,
                                      c->n_in > 2 ? c->in[2] : NULL};
    float low = rsl_node_float(c->node, "min", -INFINITY);
    float high = rsl_node_float(c->node, "max", INFINITY);
    const struct rsl_tensor bound[2] = {{.dtype = RSL_f32, .data = &low},
                                        {.dtype = RSL_f32, .data = &high}};
    if (c->opset < 11) {
        in[1] = &bound[0];
        in[2] = &bound[1];
    }
    rsl_apply(&kernels, rsl_lane_of(in[0]->dtype), in, 3, c->out[0], NULL);
    return RSL_OK;
}

const struct rsl_op rsl_op_Clip = {
    .name = "Clip",
    .domain = "",
    .in_min = 1,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
