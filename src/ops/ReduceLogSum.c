/* ReduceLogSum: logarithm of the sum. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f += x;
}

static double end(const struct rsl_total *t) {
    return log(t->f);
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

/* dx = dy e^-y */
static int gradient(struct rsl_backward *b) {
    struct rsl_reduced r;
    RSL_TRY(rsl_reduced(b, &reduction, &r));
    int sum = rsl_emit(b, "Exp", 1, rsl_reduced_y(b, &r));
    int part = rsl_emit(b, "Div", 2, rsl_reduced_dy(b, &r), sum);
    b->dx[0] = rsl_emit_expand(b, part, &r.x);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceLogSum = {
    .name = "ReduceLogSum",
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
