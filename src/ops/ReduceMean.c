/* ReduceMean: arithmetic mean; of integers cut towards zero, of an empty set NaN or 0. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/reduce.h"

static void add(struct rsl_total *t, double x) {
    t->f += x;
}

static double end(const struct rsl_total *t) {
    return t->n ? t->f / (double)t->n : NAN;
}

static void add_integer(struct rsl_total *t, uint64_t x, bool is_signed) {
    (void)is_signed;
    t->i += x;
}

static uint64_t end_integer(const struct rsl_total *t, bool is_signed) {
    return is_signed ? (uint64_t)((int64_t)t->i / t->n) : t->i / (uint64_t)t->n;
}

static const struct rsl_reduction reduction = {
    .axes_input = 18,
    .add = add,
    .end = end,
    .add_integer = add_integer,
    .end_integer = end_integer,
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
    int part = rsl_emit_with(b, "Div", rsl_reduced_dy(b, &r), (double)r.count);
    b->dx[0] = rsl_emit_expand(b, part, &r.x);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReduceMean = {
    .name = "ReduceMean",
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
