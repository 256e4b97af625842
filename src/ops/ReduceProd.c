/* ReduceProd: product of the elements. */
#include "graph/gradient.h"
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

/* dx[i] = dy times the product of the others. With P the product of the elements that are not zero
 * and Z the number of those that are: P / x[i] when Z is 0, P at the only zero when Z is 1. */
static int gradient(struct rsl_backward *b) {
    struct rsl_reduced r;
    RSL_TRY(rsl_reduced(b, &reduction, &r));
    int x = b->node.in[0], one = rsl_emit_number(b, 1);
    int is_zero = rsl_emit_with(b, "Equal", x, 0);
    int zeros = rsl_emit_cast(b, is_zero, rsl_backward_in(b, 0)->dtype);
    int filled = rsl_emit(b, "Where", 3, is_zero, one, x);
    int product = filled, count = zeros;
    if (r.n) {
        product = rsl_emit(b, "ReduceProd", 1, filled);
        rsl_emit_ints(b, "axes", r.axes, r.n);
        count = rsl_emit_reduce_sum(b, zeros, r.axes, r.n, true);
    }
    int scaled = rsl_emit(b, "Mul", 2, rsl_reduced_dy(b, &r), product);
    int quotient = rsl_emit(b, "Div", 2, scaled, filled);
    int others = rsl_emit(b, "Sub", 2, count, zeros);
    int alone = rsl_emit_with(b, "Equal", others, 0);
    b->dx[0] = rsl_emit(b, "Where", 3, alone, quotient, rsl_emit_number(b, 0));
    return RSL_OK;
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
    .gradient = gradient,
};
