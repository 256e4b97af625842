/* LogSoftmax: Y = X - log of the sum of exp(X), in double, after taking off the largest element. A
 * row with NaN or +infinity is NaN throughout. */
#include "graph/gradient.h"
#include "ops/softmax_rows.h"

static int forward(const struct rsl_call *c) {
    return rsl_softmax_forward(c, rsl_log_softmax);
}

/* dx = dy - e^y sum(dy) */
static int gradient(struct rsl_backward *b) {
    int sum, y = rsl_emit(b, "Exp", 1, b->node.out[0]);
    RSL_TRY(rsl_softmax_emit_sum(b, b->dy[0], &sum));
    b->dx[0] = rsl_emit(b, "Sub", 2, b->dy[0], rsl_emit(b, "Mul", 2, y, sum));
    return RSL_OK;
}

const struct rsl_op rsl_op_LogSoftmax = {
    .name = "LogSoftmax",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = rsl_softmax_infer,
    .forward = forward,
    .gradient = gradient,
};
