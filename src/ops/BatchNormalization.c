/* BatchNormalization: Y = scale * (X - mean) / sqrt(var + epsilon) + B, per channel of X [N,C,...].
 *
 * Inference uses the given mean and variance. Training (training_mode=1 from opset 14 on, more than
 * one output before) uses those of the batch, population variance, and also gives
 *     running = given * momentum + batch * (1 - momentum)
 * as outputs 1 and 2; before opset 14 outputs 3 and 4 are the batch's mean and variance.
 * spatial=0 (opset 7 and 8) has one parameter per activation instead of one per channel. */
#include "graph/gradient.h"
#include "ops/training_norm.h"

#include <inttypes.h>
#include <math.h>

struct norm {
    int64_t batch, channels, area; /* X as [batch, channels, area] */
    bool training;
    struct rsl_shape parameter;
};

static int layout(struct norm *b, const struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 1, RSL_MAX_RANK));
    const struct rsl_shape *x = &c->in[0]->shape;
    bool spatial = c->opset >= 9 || rsl_node_int(c->node, "spatial", 1) != 0;
    int split = spatial && x->rank > 1 ? 2 : x->rank;
    *b = (struct norm){.batch = x->dim[0],
                       .channels = rsl_shape_span(x, 1, split),
                       .area = rsl_shape_span(x, split, x->rank),
                       .parameter = {.rank = x->rank > 1 ? split - 1 : 1, .dim = {1}}};
    for (int i = 1; i < split; i++) b->parameter.dim[i - 1] = x->dim[i];
    b->training = c->opset >= 14 ? rsl_node_int(c->node, "training_mode", 0) != 0 : c->n_out > 1;
    for (int i = 1; i < 5; i++) {
        char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
        if (!rsl_shape_equal(&c->in[i]->shape, &b->parameter))
            return rsl_fail(RSL_ESHAPE, "input %d has shape %s, it must be %s", i,
                            rsl_shape_text(&c->in[i]->shape, have),
                            rsl_shape_text(&b->parameter, need));
    }
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct norm b;
    for (int i = 0; i < 5; i++) RSL_TRY(rsl_need_dtype(c, i, "f32 f64 f16 bf16"));
    RSL_TRY(layout(&b, c));
    if (c->n_out > (c->opset >= 14 ? 3 : 5))
        return rsl_fail(RSL_ESHAPE, "%d outputs at opset %d", c->n_out, c->opset);
    if (!b.training && c->n_out > 1)
        return rsl_fail(RSL_ESHAPE, "%d outputs, but training_mode is 0", c->n_out);
    if (b.training && b.batch * b.area < 1)
        return rsl_fail(RSL_ESHAPE, "training on an empty batch");
    for (int i = 1; i < c->n_out; i++)
        RSL_TRY(rsl_set_out(c, i, c->in[i < 3 ? 2 + i : i]->dtype, &b.parameter));
    c->scratch_size = (size_t)b.area * sizeof(double);
    return rsl_infer_same(c);
}

/* Area `p` (image n, channel k) of X as doubles. */
static double *load(const struct rsl_call *c, const struct norm *b, int64_t p) {
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)c->in[0]->dtype);
    const char *from = (const char *)c->in[0]->data + (size_t)(p * b->area) * t->bytes;
    t->to_double(from, c->scratch, (size_t)b->area);
    return c->scratch;
}

static void put(const struct rsl_call *c, int output, int64_t i, double v) {
    if (output < c->n_out && c->out[output]) rsl_tensor_set_double(c->out[output], i, v);
}

static int forward(const struct rsl_call *c) {
    struct norm b;
    RSL_TRY(layout(&b, c));
    double epsilon = (double)rsl_node_float(c->node, "epsilon", 1e-5F);
    double momentum = (double)rsl_node_float(c->node, "momentum", 0.9F);
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)c->out[0]->dtype);
    for (int64_t k = 0; k < b.channels; k++) {
        double scale = rsl_tensor_double(c->in[1], k), bias = rsl_tensor_double(c->in[2], k);
        double mean = rsl_tensor_double(c->in[3], k), var = rsl_tensor_double(c->in[4], k);
        if (b.training) {
            double given_mean = mean, given_var = var;
            rsl_batch_statistics(c->in[0], b.batch, b.channels, b.area, k, &mean, &var);
            put(c, 1, k, given_mean * momentum + mean * (1 - momentum));
            put(c, 2, k, given_var * momentum + var * (1 - momentum));
            put(c, 3, k, mean);
            put(c, 4, k, var);
        }
        double deviation = sqrt(var + epsilon);
        for (int64_t n = 0; n < b.batch; n++) {
            int64_t p = n * b.channels + k;
            double *x = load(c, &b, p);
            for (int64_t i = 0; i < b.area; i++) x[i] = scale * (x[i] - mean) / deviation + bias;
            t->from_double(x, (char *)c->out[0]->data + (size_t)(p * b.area) * t->bytes,
                           (size_t)b.area);
        }
    }
    return RSL_OK;
}

/* sum over all axes but the channels' of a value of X's shape, as [C] */
static int sum_to_channels(struct rsl_backward *b, int value) {
    int64_t axes[RSL_MAX_RANK];
    size_t n = 0;
    for (int i = 0; i < rsl_backward_in(b, 0)->shape.rank; i++)
        if (i != 1) axes[n++] = i;
    return rsl_emit_reduce_sum(b, value, axes, n, false);
}

/* A vector of C equal numbers. */
static int channel_vector(struct rsl_backward *b, double value) {
    const struct rsl_shape channels = rsl_backward_in(b, 1)->shape;
    return rsl_emit_expand(b, rsl_emit_number(b, value), &channels);
}

static int normalise(struct rsl_backward *b, int x, int scale, int bias, int mean) {
    int y = rsl_emit(b, "BatchNormalization", 5, x, scale, bias, mean, b->node.in[4]);
    rsl_emit_float(b, "epsilon", rsl_node_float(&b->node, "epsilon", 1e-5F));
    return y;
}

/* With given statistics Y is linear in X: its gradient is the same operator without the shifts. */
static int gradient(struct rsl_backward *b) {
    const int *in = b->node.in;
    int dy = b->dy[0];
    if (b->node.n_out > 1 || rsl_node_int(&b->node, "training_mode", 0))
        return rsl_fail(RSL_EUNSUPPORTED, "training mode; training uses TrainingBatchNorm");
    if (rsl_wanted(b, 3) || rsl_wanted(b, 4))
        return rsl_fail(RSL_EUNSUPPORTED, "no gradient of the running mean and variance");
    if (rsl_backward_in(b, 1)->shape.rank != 1 || rsl_backward_in(b, 0)->shape.rank < 2)
        return rsl_fail(RSL_EUNSUPPORTED, "no gradient with spatial=0 or without channels");
    if (rsl_wanted(b, 0)) {
        int zero = channel_vector(b, 0);
        b->dx[0] = normalise(b, dy, in[1], zero, zero);
    }
    if (rsl_wanted(b, 1)) {
        int unit = normalise(b, in[0], channel_vector(b, 1), channel_vector(b, 0), in[3]);
        b->dx[1] = sum_to_channels(b, rsl_emit(b, "Mul", 2, dy, unit));
    }
    if (rsl_wanted(b, 2)) b->dx[2] = sum_to_channels(b, dy);
    return RSL_OK;
}

const struct rsl_op rsl_op_BatchNormalization = {
    .name = "BatchNormalization",
    .domain = "",
    .in_min = 5,
    .in_max = 5,
    .out_min = 1,
    .out_max = 5,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
