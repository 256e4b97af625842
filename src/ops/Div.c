/* Div: y = a / b. Integers truncate towards zero, and since a fault may put a zero under any
 * fraction, a / 0 is 0 for them (as in NumPy and on Arm); the least value over -1 wraps. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, div, a / b)
RSL_BINARY(div_i64, int64_t, b == 0 ? 0 : b == -1 ? 0 - (uint64_t)a : (uint64_t)(a / b))
RSL_BINARY(div_u64, uint64_t, b == 0 ? 0 : a / b)

static const struct rsl_kernels kernels = {
    .f32 = div_f32, .f64 = div_f64, .i64 = div_i64, .u64 = div_u64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* da = dy / b, db = -dy / b * y */
static int gradient(struct rsl_backward *b) {
    int quotient = rsl_emit(b, "Div", 2, b->dy[0], b->node.in[1]);
    if (rsl_wanted(b, 0)) b->dx[0] = rsl_emit_sum_to(b, quotient, 0);
    if (rsl_wanted(b, 1)) {
        int product = rsl_emit(b, "Mul", 2, quotient, b->node.out[0]);
        b->dx[1] = rsl_emit(b, "Neg", 1, rsl_emit_sum_to(b, product, 1));
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_Div = {
    .name = "Div",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
