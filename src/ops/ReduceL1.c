/* ReduceL1: sum of the absolute values. */
#include <math.h>

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
};
