/* ReduceL2: square root of the sum of the squares. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f += x * x;
}

static double end(const struct rsl_total *t) {
    return sqrt(t->f);
}

static const struct rsl_reduction reduction = {
    .axes_input = 18,
    .add = add,
    .end = end,
};

static int infer(struct rsl_call *c) {
    return rsl_reduce_infer(c, &reduction);
}

static int forward(const struct rsl_call *c) {
    return rsl_reduce(c, &reduction);
}

/* dx = x dy / y, and 0 where y is */
static int gradient(struct rsl_backward *b) {
    struct rsl_reduced r;
    RSL_TRY(rsl_reduced(b, &reduction, &r));
    int y = rsl_reduced_y(b, &r), zero = rsl_emit_number(b, 0);
    int quotient = rsl_emit(b, "Div", 2, rsl_reduced_dy(b, &r), y);
    int is_zero = rsl_emit(b, "Equal", 2, y, zero);
    int factor = rsl_emit(b, "Where", 3, is_zero, zero, quotient);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->node.in[0], factor);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceL2 = {
    .name = "ReduceL2",
    .domain = "",
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
