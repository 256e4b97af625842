/* The way into 8-bit integers and out of them, and the pools that work on them; channels last. */
#include "base/status.h"
#include "dnnl/lanes.h"
#include "ops/fused_qlinear.h"
#include "ops/pool_geometry.h"

#include <math.h>
#include <string.h>

enum { PIECE = 4096 };

struct scaled {
    int64_t count;
    float scale, zero;
    bool is_signed;
};

/* ---- QuantizeLinear: y = saturate(round(x / scale) + zero) ---- */

RSL_LANES static void quantize_piece(const struct scaled *k, int64_t n, const float *x, void *y) {
    float low = (k->is_signed ? -128.0F : 0.0F) - k->zero,
          high = (k->is_signed ? 127.0F : 255.0F) - k->zero;
    for (int64_t i = 0; i < n; i++) {
        float v = x[i] / k->scale;
        v = v > low ? v : low; /* NaN is not > */
        v = rsl_qlinear_round(v < high ? v : high) + k->zero;
        ((uint8_t *)y)[i] = (uint8_t)(int32_t)v;
    }
}

/* data = {y, x} */
static void quantize(const void *context, void *const *data) {
    const struct scaled *k = context;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < k->count; i += PIECE)
        quantize_piece(k, k->count - i < PIECE ? k->count - i : PIECE, (const float *)data[1] + i,
                       (char *)data[0] + i);
}

/* ---- DequantizeLinear: y = (x - zero) * scale ---- */

RSL_LANES static void dequantize_piece(const struct scaled *k, int64_t n, const void *x, float *y) {
    if (k->is_signed)
        for (int64_t i = 0; i < n; i++) y[i] = ((float)((const int8_t *)x)[i] - k->zero) * k->scale;
    else
        for (int64_t i = 0; i < n; i++)
            y[i] = ((float)((const uint8_t *)x)[i] - k->zero) * k->scale;
}

static void dequantize(const void *context, void *const *data) {
    const struct scaled *k = context;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < k->count; i += PIECE)
        dequantize_piece(k, k->count - i < PIECE ? k->count - i : PIECE, (const char *)data[1] + i,
                         (float *)data[0] + i);
}

/* One scale and zero point for the whole tensor, known now; `integers` is the 8-bit side. */
static bool read_scale(const struct rsl_call *c, const struct rsl_tensor *integers,
                       struct scaled *k) {
    const struct rsl_tensor *scale = c->in[1], *zero = c->n_in > 2 ? c->in[2] : NULL;
    if (scale->dtype != RSL_f32 || rsl_tensor_count(scale) != 1 || !scale->data ||
        (zero && !zero->data))
        return false;
    *k = (struct scaled){.count = rsl_tensor_count(integers),
                         .scale = *(const float *)scale->data,
                         .zero = zero ? (float)rsl_tensor_double(zero, 0) : 0,
                         .is_signed = integers->dtype == RSL_i8};
    return isfinite(k->scale) && k->scale > 0;
}

/* Channels last where the rank has channels, else row-major. */
static bool describe(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md) {
    return s->rank >= 3 && s->rank <= 5 ? rsl_dnnl_channels_last(s, type, md)
                                        : rsl_dnnl_plain_as(s, type, md);
}

static int offer(struct rsl_kernel_request *rq, const struct scaled *k, seq_function f,
                 const char *name, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_data_type_t from, to;
    dnnl_memory_desc_t have, x, y;
    if (!rsl_dnnl_type(c->in[0]->dtype, &from) || !rsl_dnnl_type(c->out[0]->dtype, &to) ||
        !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !describe(&c->in[0]->shape, from, &x) || !describe(&c->out[0]->shape, to, &y))
        return RSL_OK;
    struct scaled *own = rsl_arena_memdup(rq->arena, k, sizeof *k);
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s || !own) return RSL_ENOMEM;
    s->base.name = name;
    rq->in_layout[1] = NULL;
    if (c->n_in > 2) rq->in_layout[2] = NULL;
    int in = rsl_seq_take(s, c, 0, &have, &x);
    int out = in < 0 ? in : rsl_seq_give(s, rq, 0, &y);
    int rc = out < 0 ? out : rsl_seq_function(s, f, own, (const int[]){out, in}, 2, false);
    return rsl_seq_done(s, rc, rq, kernel);
}

int rsl_dnnl_quantize(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct scaled k;
    if (!read_scale(rq->call, rq->call->out[0], &k)) return RSL_OK;
    return offer(rq, &k, quantize, "dnnl quantize", kernel);
}

int rsl_dnnl_dequantize(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct scaled k;
    if (rq->call->out[0]->dtype != RSL_f32 || !read_scale(rq->call, rq->call->in[0], &k))
        return RSL_OK;
    return offer(rq, &k, dequantize, "dnnl dequantize", kernel);
}

/* ---- QLinearGlobalAveragePool ---- */

struct mean {
    int64_t batch, area, channels;
    float multiplier;
    bool is_signed;
    enum rsl_dtype to;
};

enum { MEAN_PIECE = 256 };

RSL_LANES static void mean_piece(const struct mean *k, const char *x, int64_t n, char *y) {
    int32_t sum[MEAN_PIECE] = {0};
    float low = rsl_qlinear_low(k->to), high = rsl_qlinear_high(k->to);
    for (int64_t p = 0; p < k->area; p++, x += k->channels)
        if (k->is_signed)
            for (int64_t i = 0; i < n; i++) sum[i] += ((const int8_t *)x)[i];
        else
            for (int64_t i = 0; i < n; i++) sum[i] += ((const uint8_t *)x)[i];
    for (int64_t i = 0; i < n; i++) {
        float t = (float)sum[i] * k->multiplier;
        if (k->to == RSL_f32) {
            ((float *)y)[i] = t;
            continue;
        }
        t = t > low ? t : low;
        ((uint8_t *)y)[i] = (uint8_t)(int32_t)rsl_qlinear_round(t < high ? t : high);
    }
}

/* data = {y [batch, C], x [batch, area, C]} */
static void mean(const void *context, void *const *data) {
    const struct mean *k = context;
    size_t bytes = rsl_dtype_bytes((int)k->to);
#pragma omp parallel for schedule(static)
    for (int64_t b = 0; b < k->batch; b++)
        for (int64_t c = 0; c < k->channels; c += MEAN_PIECE)
            mean_piece(k, (const char *)data[1] + b * k->area * k->channels + c,
                       k->channels - c < MEAN_PIECE ? k->channels - c : MEAN_PIECE,
                       (char *)data[0] + (size_t)(b * k->channels + c) * bytes);
}

int rsl_dnnl_qlinear_global_average_pool(struct rsl_kernel_request *rq,
                                         struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    const struct rsl_shape *shape = &c->in[0]->shape;
    struct mean k = {.batch = shape->dim[0],
                     .area = rsl_shape_span(shape, 2, shape->rank),
                     .channels = shape->dim[1],
                     .multiplier = rsl_node_float(c->node, "multiplier", 1),
                     .is_signed = c->in[0]->dtype == RSL_i8,
                     .to = c->out[0]->dtype};
    dnnl_data_type_t from, to;
    dnnl_memory_desc_t have, x, y;
    if (!rsl_dnnl_type(c->in[0]->dtype, &from) || !rsl_dnnl_type(k.to, &to) ||
        !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !rsl_dnnl_channels_last(shape, from, &x) ||
        !rsl_dnnl_channels_last(&c->out[0]->shape, to, &y))
        return RSL_OK;
    struct mean *own = rsl_arena_memdup(rq->arena, &k, sizeof k);
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s || !own) return RSL_ENOMEM;
    s->base.name = "dnnl mean of integers";
    int in = rsl_seq_take(s, c, 0, &have, &x);
    int out = in < 0 ? in : rsl_seq_give(s, rq, 0, &y);
    int rc = out < 0 ? out : rsl_seq_function(s, mean, own, (const int[]){out, in}, 2, false);
    return rsl_seq_done(s, rc, rq, kernel);
}

/* ---- MaxPool: integers have no NaN, so that oneDNN's maximum is right ---- */

static bool create_max(const struct rsl_window *w, const dnnl_memory_desc_t *x,
                       const dnnl_memory_desc_t *y, dnnl_primitive_desc_t *pd) {
    dnnl_dims_t kernel, strides, dilation, begin, end;
    dnnl_pooling_v2_desc_t op;
    for (int d = 0; d < w->rank; d++) {
        kernel[d] = w->kernel[d];
        strides[d] = w->stride[d];
        dilation[d] = w->dilation[d] - 1;
        begin[d] = w->pad_begin[d];
        end[d] = w->pad_end[d];
    }
    if (dnnl_pooling_v2_forward_desc_init(&op, dnnl_forward_inference, dnnl_pooling_max, x, y,
                                          strides, kernel, dilation, begin, end) != dnnl_success)
        return false;
    return rsl_dnnl_create(pd, &op, NULL);
}

/* Cut-off windows of ceil_mode are left to the reference, and windows that padding might fill. */
static bool fits(const struct rsl_window *w) {
    bool fits = w->rank <= 3;
    for (int d = 0; d < w->rank; d++) {
        int64_t room = w->in[d] + w->pad_begin[d] + w->pad_end[d] - rsl_window_reach(w, d);
        fits = fits && w->out[d] == room / w->stride[d] + 1 && w->dilation[d] == 1 &&
               w->pad_begin[d] < w->kernel[d] && w->pad_end[d] < w->kernel[d];
    }
    return fits;
}

int rsl_dnnl_integer_max_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    dnnl_data_type_t type;
    dnnl_memory_desc_t have, x, y;
    dnnl_primitive_desc_t pd;
    RSL_TRY(rsl_pool_geometry(&g, c));
    if ((c->n_out > 1 && c->out[1]) || !fits(&g.window) || !rsl_dnnl_type(c->in[0]->dtype, &type) ||
        !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !rsl_dnnl_channels_last(&c->in[0]->shape, type, &x) ||
        !rsl_dnnl_channels_last(&c->out[0]->shape, type, &y) || !create_max(&g.window, &x, &y, &pd))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int in = s ? rsl_seq_take(s, c, 0, &have, &x) : RSL_ENOMEM;
    int out = in < 0 ? in : rsl_seq_give(s, rq, 0, &y);
    int rc = out;
    if (rc >= 0)
        rc = rsl_seq_add(s, pd, (const struct seq_arg[]){{DNNL_ARG_SRC, in}, {DNNL_ARG_DST, out}},
                         2);
    if (rc >= 0) rc = rsl_seq_name(s, rq->arena, pd);
    dnnl_primitive_desc_destroy(pd);
    return s ? rsl_seq_done(s, rc, rq, kernel) : RSL_ENOMEM;
}
