/* Add: y = a + b; integers wrap. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, add, a + b)
RSL_INTEGERS(RSL_BINARY, add, (uint64_t)a + (uint64_t)b)

static const struct rsl_kernels kernels = {
    .f32 = add_f32, .f64 = add_f64, .i64 = add_i64, .u64 = add_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

static int gradient(struct rsl_backward *b) {
    for (int i = 0; i < 2; i++)
        if (rsl_wanted(b, i)) b->dx[i] = rsl_emit_sum_to(b, b->dy[0], i);
    return RSL_OK;
}

const struct rsl_op rsl_op_Add = {
    .name = "Add",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
