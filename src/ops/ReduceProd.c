/* ReduceProd: product of the elements. */
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f *= x;
}

static void add_integer(struct rsl_total *t, uint64_t x, bool is_signed) {
    (void)is_signed;
    t->i *= x;
}

static const struct rsl_reduction reduction = {
    .axes_input = 18,
    .start = {.f = 1, .i = 1},
    .add = add,
    .add_integer = add_integer,
};

static int infer(struct rsl_call *c) {
    return rsl_reduce_infer(c, &reduction);
}

static int forward(const struct rsl_call *c) {
    return rsl_reduce(c, &reduction);
}

const struct rsl_op rsl_op_ReduceProd = {
    .name = "ReduceProd",
    .domain = "",
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
};
