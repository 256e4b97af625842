/* TrainingBatchNorm (domain resile): batch normalization by the statistics of the batch, what
 * training makes of BatchNormalization [+ Add] [+ Relu].
 *
 *     Y = act(scale (X - mean) / sqrt(variance + epsilon) + bias + Z)
 *
 * Inputs X [N,C,...], scale, bias [C], Z (optional, of X's shape). Attributes epsilon and
 * activation ("" or "Relu"). Outputs Y, and mean and (population) variance of each channel, from
 * which the trainer keeps the running statistics. */
#include "graph/gradient.h"
#include "ops/training_norm.h"

#include <math.h>

static int infer(struct rsl_call *c) {
    struct rsl_training_norm t;
    RSL_TRY(rsl_training_norm(&t, c, 0, 1, 2));
    RSL_TRY(rsl_training_norm_like(c, 3, 0));
    for (int i = 1; i < c->n_out; i++)
        RSL_TRY(rsl_set_out(c, i, c->in[0]->dtype, &c->in[1]->shape));
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    struct rsl_training_norm t;
    RSL_TRY(rsl_training_norm(&t, c, 0, 1, 2));
    const struct rsl_tensor *z = rsl_input(c, 3);
    for (int64_t k = 0; k < t.channels; k++) {
        double mean, variance;
        rsl_batch_statistics(c->in[0], t.batch, t.channels, t.area, k, &mean, &variance);
        double a = rsl_tensor_double(c->in[1], k) / sqrt(variance + t.epsilon);
        double b = rsl_tensor_double(c->in[2], k) - mean * a;
        if (c->n_out > 1 && c->out[1]) rsl_tensor_set_double(c->out[1], k, mean);
        if (c->n_out > 2 && c->out[2]) rsl_tensor_set_double(c->out[2], k, variance);
        for (int64_t n = 0; n < t.batch; n++)
            for (int64_t i = 0; i < t.area; i++) {
                int64_t p = (n * t.channels + k) * t.area + i;
                double y = rsl_tensor_double(c->in[0], p) * a + b;
                if (z) y += rsl_tensor_double(z, p);
                rsl_tensor_set_double(c->out[0], p, t.relu && y < 0 ? 0 : y);
            }
    }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    const int *in = b->node.in, *out = b->node.out;
    bool relu = rsl_node_string(&b->node, "activation", "")[0] != 0;
    if (b->node.n_out < 3 || out[1] == RSL_ABSENT || out[2] == RSL_ABSENT || b->dy[0] == RSL_ABSENT)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "the way back needs outputs mean and variance, and starts"
                        " from Y");
    const int from[7] = {b->dy[0], in[0], in[1], in[2], out[1], out[2], relu ? out[0] : RSL_ABSENT};
    int to[4] = {0, 0, 0, rsl_wanted(b, 3) ? 0 : RSL_ABSENT};
    rsl_emit_many(b, "TrainingBatchNormGrad", from, relu ? 7 : 6, to, rsl_wanted(b, 3) ? 4 : 3);
    rsl_emit_attributes(b);
    rsl_emit_int(b, "residual", b->node.n_in > 3 && b->node.in[3] != RSL_ABSENT);
    for (int i = 0; i < b->node.n_in; i++)
        if (rsl_wanted(b, i)) b->dx[i] = to[i];
    return RSL_OK;
}

const struct rsl_op rsl_op_TrainingBatchNorm = {
    .name = "TrainingBatchNorm",
    .domain = "resile",
    .in_min = 3,
    .in_max = 4,
    .out_min = 1,
    .out_max = 3,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
