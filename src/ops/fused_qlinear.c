/* See fused_qlinear.h. */
#include "ops/fused_qlinear.h"

#include <math.h>
#include <string.h>

static int need_channels(const struct rsl_call *c, int i, const char *dtype, int64_t channels) {
    const struct rsl_tensor *t = rsl_input(c, i);
    if (!t) return RSL_OK;
    RSL_TRY(rsl_need_dtype(c, i, dtype));
    if (t->shape.rank == 1 && t->shape.dim[0] == channels) return RSL_OK;
    char text[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "input %d has shape %s, there are %lld output channels", i,
                    rsl_shape_text(&t->shape, text), (long long)channels);
}

static int need_residual(const struct rsl_call *c, const struct rsl_shape *out) {
    RSL_TRY(rsl_need_dtype(c, RSL_QLINEAR_RESIDUAL, "u8 i8"));
    const struct rsl_shape *z = &c->in[RSL_QLINEAR_RESIDUAL]->shape;
    char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
    if (rsl_shape_equal(z, out)) return RSL_OK;
    return rsl_fail(RSL_ESHAPE, "input %d has shape %s, the output has %s", RSL_QLINEAR_RESIDUAL,
                    rsl_shape_text(z, have), rsl_shape_text(out, need));
}

int rsl_qlinear_end(struct rsl_qlinear_end *e, const struct rsl_call *c, int64_t channels,
                    const struct rsl_shape *out) {
    const char *activation = rsl_node_string(c->node, "activation", "");
    int64_t to = rsl_node_int(c->node, "to", RSL_u8);
    if (to != RSL_u8 && to != RSL_i8 && to != RSL_f32)
        return rsl_fail(RSL_EUNSUPPORTED, "attribute to is %lld; it may be u8, i8 or f32",
                        (long long)to);
    if (*activation && strcmp(activation, "Relu") != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "attribute activation is '%s'", activation);
    *e = (struct rsl_qlinear_end){.relu = *activation != 0,
                                  .residual = rsl_input(c, RSL_QLINEAR_RESIDUAL) != NULL,
                                  .residual_scale = rsl_node_float(c->node, "residual_scale", 1),
                                  .to = (enum rsl_dtype)to};
    RSL_TRY(rsl_need_dtype(c, RSL_QLINEAR_X, "u8 i8"));
    RSL_TRY(rsl_need_dtype(c, RSL_QLINEAR_W, "i8"));
    RSL_TRY(need_channels(c, RSL_QLINEAR_MULTIPLIER, "f32", channels));
    RSL_TRY(need_channels(c, RSL_QLINEAR_BIAS, "f32", channels));
    RSL_TRY(need_channels(c, RSL_QLINEAR_ZERO, "i32", channels));
    return e->residual ? need_residual(c, out) : RSL_OK;
}

/* The sum as 32 bits hold it. */
static int32_t wrapped(double sum) {
    return (int32_t)(uint32_t)(uint64_t)(int64_t)sum;
}

void rsl_qlinear_finish(const struct rsl_qlinear_end *e, const struct rsl_call *c, int64_t m,
                        int64_t first, int64_t n, const double *sum) {
    const struct rsl_tensor *b = rsl_input(c, RSL_QLINEAR_BIAS);
    const struct rsl_tensor *z = rsl_input(c, RSL_QLINEAR_RESIDUAL);
    float bias = b ? ((const float *)b->data)[m] : 0;
    float multiplier = ((const float *)c->in[RSL_QLINEAR_MULTIPLIER]->data)[m];
    for (int64_t i = 0; i < n; i++) {
        float residual = z ? (float)rsl_tensor_int(z, first + i) : 0;
        float t = rsl_qlinear_value(e, wrapped(sum[i]), bias, multiplier, residual);
        rsl_tensor_set_double(c->out[0], first + i, (double)t);
    }
}
