/* ReduceSum: sum of the elements. */
#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f += x;
}

static void add_integer(struct rsl_total *t, uint64_t x, bool is_signed) {
    (void)is_signed;
    t->i += x;
}

static const struct rsl_reduction reduction = {
    .axes_input = 13,
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
    b->dx[0] = rsl_emit_expand(b, rsl_reduced_dy(b, &r), &r.x);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceSum = {
    .name = "ReduceSum",
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
