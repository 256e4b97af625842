/* Shrink: y = x + bias below -lambd, x - bias above lambd, else 0. NaN stays NaN. Integers are
 * computed in double and truncated. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

static double shrink(double x, const double *p) {
    if (-x > p[0]) return x + p[1];
    if (x > p[0]) return x - p[1];
    return x != x ? x : 0;
}

RSL_FLOATS(RSL_UNARY, shrink, shrink(x, p))

static const struct rsl_kernels kernels = {.f32 = shrink_f32, .f64 = shrink_f64};

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 i16 i32 i64 u8 u16 u32 u64"));
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const double p[] = {rsl_node_float(c->node, "lambd", 0.5f), rsl_node_float(c->node, "bias", 0)};
    bool is_float = rsl_dtype_is_float((int)c->in[0]->dtype);
    enum rsl_lane lane = is_float ? rsl_lane_of(c->in[0]->dtype) : RSL_LANE_F64;
    rsl_apply(&kernels, lane, c->in, 1, c->out[0], p);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    int on = rsl_emit_with(b, "Greater", rsl_emit(b, "Abs", 1, b->node.in[0]),
                           (double)rsl_node_float(&b->node, "lambd", 0.5f));
    b->dx[0] = rsl_emit(b, "Where", 3, on, b->dy[0], rsl_emit_number(b, 0));
    return RSL_OK;
}

const struct rsl_op rsl_op_Shrink = {
    .name = "Shrink",
    .domain = "",
    .since = 9,
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
