/* ReduceMin: least element, NaN if there is one; of an empty set the largest value of the type. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/extremum.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    if (x < t->f || x != x) t->f = x;
}

static void add_integer(struct rsl_total *t, uint64_t x, bool is_signed) {
    bool smaller = is_signed ? (int64_t)x < (int64_t)t->i : x < t->i;
    if (t->n == 0 || smaller) t->i = x;
}

static const struct rsl_reduction reduction = {
    .axes_input = 18,
    .start = {.f = INFINITY},
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
    int y = rsl_reduced_y(b, &r), dy = rsl_reduced_dy(b, &r);
    b->dx[0] = rsl_emit_extremum_gradient(b, b->node.in[0], y, dy, r.axes, r.n);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceMin = {
    .name = "ReduceMin",
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
