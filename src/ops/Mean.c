/* Mean: the elementwise mean of one or more tensors, with broadcasting. */
#include "graph/gradient.h"
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, mean, a + b)

static const struct rsl_kernels kernels = {.f32 = mean_f32, .f64 = mean_f64};

RSL_FLOATS(RSL_UNARY, divide, x / (T)p[0])

static const struct rsl_kernels divide = {.f32 = divide_f32, .f64 = divide_f64};

static int infer(struct rsl_call *c) {
    return rsl_infer_fold(c, &kernels);
}

static int forward(const struct rsl_call *c) {
    const double count = c->n_in;
    return rsl_fold(c, &kernels, &divide, &count);
}

static int gradient(struct rsl_backward *b) {
    int part = rsl_emit_with(b, "Mul", b->dy[0], 1 / (double)b->node.n_in);
    for (int i = 0; i < b->node.n_in; i++)
        if (rsl_wanted(b, i)) b->dx[i] = rsl_emit_sum_to(b, part, i);
    return RSL_OK;
}

const struct rsl_op rsl_op_Mean = {
    .name = "Mean",
    .domain = "",
    .in_min = 1,
    .in_max = RSL_MANY,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
