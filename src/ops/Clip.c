/* Clip: y = x, not below min, not above max; when they cross, max. NaN stays NaN, and a bound that
 * is left out is none at all, so that an infinity made by a fault stays visible. The bounds are
 * attributes up to opset 10, inputs from 11 on. */
#include "graph/gradient.h"
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
    if (c->opset < 11) RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16")); /* as the attributes */
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

/* Bound i as an input; where it is an attribute, as a constant; RSL_ABSENT when there is none. */
static int bound(struct rsl_backward *b, int i) {
    if (b->node.opset >= 11) return i < b->node.n_in ? b->node.in[i] : RSL_ABSENT;
    const char *name = i == 1 ? "min" : "max";
    if (!rsl_node_attr(&b->node, name)) return RSL_ABSENT;
    return rsl_emit_number(b, (double)rsl_node_float(&b->node, name, 0));
}

/* Passes where min <= x <= max, as PyTorch's clamp. A bound gets the gradient of the elements that
 * it replaced. */
static int gradient(struct rsl_backward *b) {
    int x = b->node.in[0], dy = b->dy[0], low = bound(b, 1), high = bound(b, 2);
    if (rsl_wanted(b, 0)) b->dx[0] = rsl_emit(b, "ClipGrad", 4, dy, x, low, high);
    for (int i = 1; i < 3; i++) {
        if (!rsl_wanted(b, i)) continue;
        int raised = i == 2 && low != RSL_ABSENT ? rsl_emit(b, "Max", 2, x, low) : x;
        int beyond = rsl_emit(b, i == 1 ? "Less" : "Greater", 2, raised, i == 1 ? low : high);
        if (i == 1 && high != RSL_ABSENT)
            beyond = rsl_emit(b, "And", 2, beyond, rsl_emit(b, "LessOrEqual", 2, low, high));
        int part = rsl_emit(b, "Where", 3, beyond, dy, rsl_emit_number(b, 0));
        int rank = rsl_backward_out(b, 0)->shape.rank;
        int64_t axes[RSL_MAX_RANK];
        for (int k = 0; k < rank; k++) axes[k] = k;
        if (rank > 0) part = rsl_emit_reduce_sum(b, part, axes, (size_t)rank, true);
        b->dx[i] = rsl_emit_reshape(b, part, &rsl_backward_in(b, i)->shape);
    }
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
    .gradient = gradient,
};
