/* Reciprocal: y = 1 / x. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_UNARY, reciprocal, 1 / x)

static const struct rsl_kernels kernels = {.f32 = reciprocal_f32, .f64 = reciprocal_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_elementwise(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    return rsl_elementwise(c, &kernels, NULL);
}

/* dx = -dy y^2 */
static int gradient(struct rsl_backward *b) {
    int square = rsl_emit(b, "Mul", 2, b->node.out[0], b->node.out[0]);
    b->dx[0] = rsl_emit(b, "Neg", 1, rsl_emit(b, "Mul", 2, b->dy[0], square));
    return RSL_OK;
}

const struct rsl_op rsl_op_Reciprocal = {
    .name = "Reciprocal",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
