/* ReduceSumSquare: sum of the squares. */
#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f += x * x;
}

static void add_integer(struct rsl_total *t, uint64_t x, bool is_signed) {
    (void)is_signed;
    t->i += x * x;
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

/* dx = 2 x dy */
static int gradient(struct rsl_backward *b) {
    struct rsl_reduced r;
    RSL_TRY(rsl_reduced(b, &reduction, &r));
    int twice = rsl_emit_with(b, "Mul", rsl_reduced_dy(b, &r), 2);
    b->dx[0] = rsl_emit(b, "Mul", 2, b->node.in[0], twice);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceSumSquare = {
    .name = "ReduceSumSquare",
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
