/* ReduceL1: sum of the absolute values. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f += fabs(x);
}

static void add_integer(struct rsl_total *t, uint64_t x, bool is_signed) {
    t->i += is_signed && (int64_t)x < 0 ? 0 - x : x;
}

static const struct rsl_reduction reduction = {
    .axes_input = 18,
    .add = add,
    .add_integer = add_integer,
};

static int infer(struct rsl_call *c) {
    return rsl_reduce_infer(c, &reduction);
}

static int forward(const struct rsl_call *c) {
    return rsl_reduce(c, &reduction);
}

static int gradient(struct rsl_backward *b) {
    struct rsl_reduced r;
    RSL_TRY(rsl_reduced(b, &reduction, &r));
    int sign = rsl_emit(b, "Sign", 1, b->node.in[0]);
    b->dx[0] = rsl_emit(b, "Mul", 2, sign, rsl_reduced_dy(b, &r));
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceL1 = {
    .name = "ReduceL1",
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
