/* SoftmaxCrossEntropyLoss: LogSoftmax along axis 1, then NegativeLogLikelihoodLoss. Output 1 is the
 * logarithm of the probabilities. */
#include "graph/gradient.h"
#include "ops/likelihood_loss.h"
#include "ops/softmax_rows.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_likelihood_loss_infer(c));
    return rsl_set_out(c, 1, c->in[0]->dtype, &c->in[0]->shape);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    size_t n = (size_t)rsl_tensor_count(x);
    int64_t classes = x->shape.dim[1], inner = rsl_shape_span(&x->shape, 2, x->shape.rank);
    double *logarithms = c->scratch;
    t->to_double(x->data, logarithms, n);
    for (int64_t o = 0; o < x->shape.dim[0] * inner; o++)
        rsl_softmax_row(logarithms + o / inner * classes * inner + o % inner, classes, inner,
                        rsl_log_softmax);
    if (c->n_out > 1 && c->out[1]) t->from_double(logarithms, c->out[1]->data, n);
    return c->out[0] ? rsl_likelihood_loss_forward(c, logarithms) : RSL_OK;
}

/* Through the likelihood loss to the logarithms L, to which output 1 adds its own, and through
 * LogSoftmax: dx = dL - exp(L) sum(dL). */
static int gradient(struct rsl_backward *b) {
    const int64_t axis = 1;
    int logarithms = b->node.n_out > 1 ? b->node.out[1] : RSL_ABSENT;
    if (logarithms == RSL_ABSENT) {
        logarithms = rsl_emit(b, "LogSoftmax", 1, b->node.in[0]);
        rsl_emit_int(b, "axis", 1);
    }
    int d = b->dy[0] == RSL_ABSENT ? RSL_ABSENT : rsl_likelihood_loss_gradient(b);
    int more = b->node.n_out > 1 ? b->dy[1] : RSL_ABSENT;
    if (d == RSL_ABSENT)
        d = more;
    else if (more != RSL_ABSENT)
        d = rsl_emit(b, "Add", 2, d, more);
    int sum = rsl_emit_reduce_sum(b, d, &axis, 1, true);
    int spread = rsl_emit(b, "Mul", 2, rsl_emit(b, "Exp", 1, logarithms), sum);
    b->dx[0] = rsl_emit(b, "Sub", 2, d, spread);
    return RSL_OK;
}

const struct rsl_op rsl_op_SoftmaxCrossEntropyLoss = {
    .name = "SoftmaxCrossEntropyLoss",
    .domain = "",
    .since = 12,
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 2,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
