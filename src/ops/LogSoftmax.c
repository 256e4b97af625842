/* LogSoftmax: Y = X - log of the sum of exp(X), in double, after taking off the largest element. A
 * row with NaN or +infinity is NaN throughout. */
#include "ops/softmax_rows.h"

#include <math.h>

static double finish(double x, double sum) {
    return x - log(sum);
}

static int forward(const struct rsl_call *c) {
    return rsl_softmax_forward(c, finish);
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
};
