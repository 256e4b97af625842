/* See training_norm.h. */
#include "ops/training_norm.h"

#include <inttypes.h>
#include <string.h>

int rsl_training_norm(struct rsl_training_norm *t, const struct rsl_call *c, int x, int first,
                      int last) {
    RSL_TRY(rsl_need_dtype(c, x, "f32 f64"));
    RSL_TRY(rsl_need_rank(c, x, 2, RSL_MAX_RANK));
    const struct rsl_shape *s = &c->in[x]->shape;
    const char *activation = rsl_node_string(c->node, "activation", "");
    *t = (struct rsl_training_norm){.batch = s->dim[0],
                                    .channels = s->dim[1],
                                    .area = rsl_shape_span(s, 2, s->rank),
                                    .epsilon = (double)rsl_node_float(c->node, "epsilon", 1e-5F),
                                    .relu = strcmp(activation, "Relu") == 0};
    if (!t->relu && activation[0])
        return rsl_fail(RSL_EUNSUPPORTED, "attribute activation is '%s'", activation);
    if (t->batch * t->area < 1) return rsl_fail(RSL_ESHAPE, "training on an empty batch");
    for (int i = first; i <= last; i++) {
        const struct rsl_tensor *p = rsl_input(c, i);
        char have[RSL_SHAPE_TEXT];
        RSL_TRY(rsl_need_same_dtype(c, i));
        if (p && (p->shape.rank != 1 || p->shape.dim[0] != t->channels))
            return rsl_fail(RSL_ESHAPE, "input %d has shape %s, it must be [%" PRId64 "]", i,
                            rsl_shape_text(&p->shape, have), t->channels);
    }
    return RSL_OK;
}

int rsl_training_norm_like(const struct rsl_call *c, int i, int x) {
    const struct rsl_tensor *t = rsl_input(c, i);
    char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
    RSL_TRY(rsl_need_same_dtype(c, i));
    if (!t || rsl_shape_equal(&t->shape, &c->in[x]->shape)) return RSL_OK;
    return rsl_fail(RSL_ESHAPE, "input %d has shape %s, input %d has %s", i,
                    rsl_shape_text(&t->shape, have), x, rsl_shape_text(&c->in[x]->shape, need));
}

void rsl_batch_statistics(const struct rsl_tensor *x, int64_t batch, int64_t channels, int64_t area,
                          int64_t k, double *mean, double *variance) {
    double count = (double)(batch * area), sum = 0, squares = 0;
    for (int64_t n = 0; n < batch; n++)
        for (int64_t i = 0; i < area; i++)
            sum += rsl_tensor_double(x, (n * channels + k) * area + i);
    *mean = sum / count;
    for (int64_t n = 0; n < batch; n++)
        for (int64_t i = 0; i < area; i++) {
            double d = rsl_tensor_double(x, (n * channels + k) * area + i) - *mean;
            squares += d * d;
        }
    *variance = squares / count;
}
