/* TrainingBatchNormGrad (domain resile): the way back through TrainingBatchNorm.
 *
 * Inputs dY, X, scale, bias, mean, variance, and Y where the activation is Relu. Outputs dX,
 * dscale, dbias, dZ (optional). With dz = dY where the activation is active, n elements per
 * channel, r = 1/sqrt(variance + epsilon) and u = (X - mean) r:
 *
 *     dbias = sum dz,  dscale = sum dz u,  dX = scale r (dz - dbias/n - u dscale/n),  dZ = dz */
#include "ops/training_norm.h"

#include <math.h>

static int infer(struct rsl_call *c) {
    struct rsl_training_norm t;
    RSL_TRY(rsl_training_norm(&t, c, 1, 2, 5));
    RSL_TRY(rsl_training_norm_like(c, 0, 1));
    RSL_TRY(rsl_training_norm_like(c, 6, 1));
    if (t.relu && !rsl_input(c, 6))
        return rsl_fail(RSL_EGRAPH, "input 6 (Y) is missing, the activation is Relu");
    for (int i = 1; i < 3 && i < c->n_out; i++)
        RSL_TRY(rsl_set_out(c, i, c->in[0]->dtype, &c->in[2]->shape));
    if (c->n_out > 3) RSL_TRY(rsl_set_out(c, 3, c->in[0]->dtype, &c->in[0]->shape));
    return rsl_infer_same(c);
}

/* dz of element p. */
static double active(const struct rsl_call *c, const struct rsl_training_norm *t, int64_t p) {
    return t->relu && rsl_tensor_double(c->in[6], p) <= 0 ? 0 : rsl_tensor_double(c->in[0], p);
}

static int forward(const struct rsl_call *c) {
    struct rsl_training_norm t;
    RSL_TRY(rsl_training_norm(&t, c, 1, 2, 5));
    double count = (double)(t.batch * t.area);
    for (int64_t k = 0; k < t.channels; k++) {
        double mean = rsl_tensor_double(c->in[4], k), dbias = 0, dscale = 0;
        double r = 1 / sqrt(rsl_tensor_double(c->in[5], k) + t.epsilon);
        double scale = rsl_tensor_double(c->in[2], k);
        for (int pass = 0; pass < 2; pass++)
            for (int64_t n = 0; n < t.batch; n++)
                for (int64_t i = 0; i < t.area; i++) {
                    int64_t p = (n * t.channels + k) * t.area + i;
                    double dz = active(c, &t, p), u = (rsl_tensor_double(c->in[1], p) - mean) * r;
                    if (pass == 0) {
                        dbias += dz;
                        dscale += dz * u;
                        continue;
                    }
                    if (c->out[0])
                        rsl_tensor_set_double(
                            c->out[0], p, scale * r * (dz - dbias / count - u * dscale / count));
                    if (c->n_out > 3 && c->out[3]) rsl_tensor_set_double(c->out[3], p, dz);
                }
        if (c->n_out > 1 && c->out[1]) rsl_tensor_set_double(c->out[1], k, dscale);
        if (c->n_out > 2 && c->out[2]) rsl_tensor_set_double(c->out[2], k, dbias);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_TrainingBatchNormGrad = {
    .name = "TrainingBatchNormGrad",
    .domain = "resile",
    .in_min = 6,
    .in_max = 7,
    .out_min = 1,
    .out_max = 4,
    .infer = infer,
    .forward = forward,
};
