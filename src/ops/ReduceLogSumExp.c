/* ReduceLogSumExp: log(sum(exp(x))), computed as scale + log(sum(exp(x - scale))) with scale the
 * largest element so far, so that nothing overflows. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    if (x == t->scale) {
        t->f += 1; /* also when both are infinite */
    } else if (x > t->scale) {
        t->f = t->f * exp(t->scale - x) + 1;
        t->scale = x;
    } else {
        t->f += exp(x - t->scale);
    }
}

static double end(const struct rsl_total *t) {
    return t->scale + log(t->f);
}

static const struct rsl_reduction reduction = {
    .axes_input = 18,
    .start = {.scale = -INFINITY},
    .add = add,
    .end = end,
};

static int infer(struct rsl_call *c) {
    return rsl_reduce_infer(c, &reduction);
}

static int forward(const struct rsl_call *c) {
    return rsl_reduce(c, &reduction);
}

/* dx = dy e^(x - y) */
static int gradient(struct rsl_backward *b) {
    struct rsl_reduced r;
    RSL_TRY(rsl_reduced(b, &reduction, &r));
    int share = rsl_emit(b, "Sub", 2, b->node.in[0], rsl_reduced_y(b, &r));
    share = rsl_emit(b, "Exp", 1, share);
    b->dx[0] = rsl_emit(b, "Mul", 2, share, rsl_reduced_dy(b, &r));
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceLogSumExp = {
    .name = "ReduceLogSumExp",
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
