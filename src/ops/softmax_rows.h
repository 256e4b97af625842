/* What Softmax, LogSoftmax and SoftmaxCrossEntropyLoss share: along which elements they normalize,
 * and the sum.
 *
 * From opset 13 on along one axis (default -1). Before, X was flattened to a matrix at `axis`
 * (default 1) and each row normalized, over all axes from there on. */
#ifndef RSL_OPS_SOFTMAX_ROWS_H
#define RSL_OPS_SOFTMAX_ROWS_H

#include "ops/op.h"

int rsl_softmax_infer(struct rsl_call *c);
/* finish(x, sum of exp(x)): the result, x being the element less the largest of its row. */
int rsl_softmax_forward(const struct rsl_call *c, double (*finish)(double x, double sum));
/* The same in place on n doubles that lie `step` apart. */
void rsl_softmax_row(double *row, int64_t n, int64_t step, double (*finish)(double x, double sum));
/* The finish of LogSoftmax. */
double rsl_log_softmax(double x, double sum);
/* For gradients: x of input 0's shape summed over each row, kept as ones where it was summed. */
int rsl_softmax_emit_sum(struct rsl_backward *b, int x, int *sum);

#endif
