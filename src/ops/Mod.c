/* Mod: the remainder of a / b. With fmod = 0 (integers only) it has the sign of b, as in Python;
 * with fmod = 1 the sign of a, as in C. An integer remainder by 0 is 0 (as in NumPy). */
#include "graph/gradient.h"
#include "ops/elementwise.h"

static int64_t floor_remainder(int64_t a, int64_t b) {
    if (b == 0 || b == -1) return 0; /* INT64_MIN % -1 would trap */
    int64_t r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

RSL_FLOATS(RSL_BINARY, truncated, fmod(a, b))
RSL_BINARY(truncated_i64, int64_t, b == 0 || b == -1 ? 0 : a % b)
RSL_BINARY(floored_i64, int64_t, floor_remainder(a, b))
RSL_BINARY(mod_u64, uint64_t, b == 0 ? 0 : a % b)

static const struct rsl_kernels truncated = {
    .f32 = truncated_f32, .f64 = truncated_f64, .i64 = truncated_i64, .u64 = mod_u64};
static const struct rsl_kernels floored = {.i64 = floored_i64, .u64 = mod_u64};

static int infer(struct rsl_call *c) {
    bool c_like = rsl_node_int(c->node, "fmod", 0) != 0;
    if (!c_like && rsl_dtype_is_float((int)c->in[0]->dtype))
        return rsl_fail(RSL_EGRAPH, "fmod must be 1 for input type %s",
                        rsl_dtype_name((int)c->in[0]->dtype));
    return rsl_infer_elementwise(c, &truncated);
}

static int forward(const struct rsl_call *c) {
    bool c_like = rsl_node_int(c->node, "fmod", 0) != 0;
    return rsl_elementwise(c, c_like ? &truncated : &floored, NULL);
}

/* y = a - b trunc(a / b): da = dy, db = -dy (a - y) / b */
static int gradient(struct rsl_backward *b) {
    if (rsl_wanted(b, 0)) b->dx[0] = rsl_emit_sum_to(b, b->dy[0], 0);
    if (rsl_wanted(b, 1)) {
        int whole = rsl_emit(b, "Sub", 2, b->node.out[0], b->node.in[0]);
        int times = rsl_emit(b, "Div", 2, whole, b->node.in[1]);
        b->dx[1] = rsl_emit_sum_to(b, rsl_emit(b, "Mul", 2, b->dy[0], times), 1);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_Mod = {
    .name = "Mod",
    .domain = "",
    .since = 10,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
