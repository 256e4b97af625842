/* ReduceL2: square root of the sum of the squares. */
#include <math.h>

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
};
