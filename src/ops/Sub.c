/* Sub: y = a - b; integers wrap. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, sub, a - b)
RSL_INTEGERS(RSL_BINARY, sub, (uint64_t)a - (uint64_t)b)

static const struct rsl_kernels kernels = {
    .f32 = sub_f32, .f64 = sub_f64, .i64 = sub_i64, .u64 = sub_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    if (rsl_wanted(b, 0)) b->dx[0] = rsl_emit_sum_to(b, b->dy[0], 0);
    if (rsl_wanted(b, 1)) b->dx[1] = rsl_emit(b, "Neg", 1, rsl_emit_sum_to(b, b->dy[0], 1));
    return RSL_OK;
}

const struct rsl_op rsl_op_Sub = {
    .name = "Sub",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
