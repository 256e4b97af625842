/* Convolution over a small image as one matrix product:
 *
 *   Y [batch * pixels, M] = columns [batch * pixels, taps * C] * W' [taps * C, M]
 *
 * where a row of `columns` holds the C channels under every tap of one output pixel. oneDNN's
 * direct kernels work along image rows; below about 4x4 pixels those are too short to fill the
 * machine (half the speed at 512 channels, a third at 2x2), while this product does not care. The
 * sums run over taps, then channels: direct summation in f32, no transform. */
#include <string.h>

#include "base/status.h"
#include "dnnl/conv.h"

enum { MOST_PIXELS = 16, LEAST_CHANNELS = 64 };

struct product {
    struct rsl_kernel_request *rq;
    const struct rsl_conv_geometry *g;
    dnnl_memory_desc_t columns, weights, bias, out; /* as plain matrices */
    dnnl_primitive_desc_t pd;
};

bool rsl_dnnl_product_pays(const struct rsl_conv_geometry *g, int64_t pixels) {
    return g->group == 1 && g->window.rank == 2 && rsl_window_out_count(&g->window) <= pixels &&
           rsl_window_kernel_count(&g->window) > 1 && g->in_channels >= LEAST_CHANNELS &&
           g->out_channels >= LEAST_CHANNELS;
}

static bool pays(const struct rsl_kernel_request *rq, const struct rsl_conv_geometry *g) {
    return rq->compute == RSL_MODE_F32 && rsl_dnnl_product_pays(g, MOST_PIXELS) &&
           rq->call->in[1]->data && !rq->in_layout[1];
}

/* Elements of `size` bytes. */
static void gather(const struct rsl_conv_geometry *g, char *columns, const char *x, int64_t size) {
    const struct rsl_window *w = &g->window;
    const int64_t pixels = rsl_window_out_count(w), rows = g->batch * pixels;
    const int64_t pixel = g->in_channels * size, taps = w->kernel[0] * w->kernel[1];
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        char *to = columns + r * taps * pixel;
        const char *image = x + r / pixels * w->in[0] * w->in[1] * pixel;
        int64_t oh = r % pixels / w->out[1], ow = r % w->out[1];
        for (int64_t tap = 0; tap < taps; tap++, to += pixel) {
            int64_t ih = oh * w->stride[0] + tap / w->kernel[1] * w->dilation[0] - w->pad_begin[0];
            int64_t iw = ow * w->stride[1] + tap % w->kernel[1] * w->dilation[1] - w->pad_begin[1];
            if (ih < 0 || ih >= w->in[0] || iw < 0 || iw >= w->in[1])
                memset(to, 0, (size_t)pixel);
            else
                memcpy(to, image + (ih * w->in[1] + iw) * pixel, (size_t)pixel);
        }
    }
}

void rsl_dnnl_gather_columns(const void *geometry, void *const *data) {
    gather(geometry, data[0], data[1], sizeof(float));
}

void rsl_dnnl_gather_columns_bf16(const void *geometry, void *const *data) {
    gather(geometry, data[0], data[1], sizeof(uint16_t));
}

/* data = {W' [taps * C, M], W [M, C, taps]} */
static void transpose(const void *context, void *const *data) {
    const struct rsl_conv_geometry *g = context;
    int64_t taps = rsl_window_kernel_count(&g->window), in = g->in_channels, out = g->out_channels;
    float *to = data[0];
    const float *from = data[1];
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < in; c++)
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t m = 0; m < out; m++)
                to[(tap * in + c) * out + m] = from[(m * in + c) * taps + tap];
}

static int64_t transposed(const void *context, int64_t i) {
    const struct rsl_conv_geometry *g = context;
    int64_t taps = rsl_window_kernel_count(&g->window), in = g->in_channels;
    return (i % taps * in + i / taps % in) * g->out_channels + i / taps / in;
}

static bool create(struct product *p) {
    const struct rsl_conv_geometry *g = p->g;
    int64_t rows = g->batch * rsl_window_out_count(&g->window);
    int64_t width = rsl_window_kernel_count(&g->window) * g->in_channels;
    struct rsl_shape a = {2, {rows, width}}, b = {2, {width, g->out_channels}};
    struct rsl_shape y = {2, {rows, g->out_channels}}, bias = {2, {1, g->out_channels}};
    dnnl_memory_desc_t any;
    rsl_dnnl_any(&b, dnnl_f32, &any);
    dnnl_matmul_desc_t op;
    if (!rsl_dnnl_plain(&a, &p->columns) || !rsl_dnnl_plain(&b, &p->weights) ||
        !rsl_dnnl_plain(&y, &p->out) || !rsl_dnnl_plain(&bias, &p->bias) ||
        dnnl_matmul_desc_init(&op, &p->columns, &any,
                              p->rq->call->n_in > 2 && p->rq->call->in[2] ? &p->bias : NULL,
                              &p->out) != dnnl_success)
        return false;
    return rsl_dnnl_create(&p->pd, &op, NULL);
}

/* Weights: transposed and brought into the product's own layout when they change. */
static int take_weights(struct product *p, struct seq *s, const void *geometry) {
    dnnl_memory_desc_t have;
    if (!rsl_dnnl_plain(&p->rq->call->in[1]->shape, &have))
        return rsl_fail(RSL_EINTERNAL, "the weights cannot be described");
    int w = rsl_seq_in(s, 1, &have);
    int turned = w < 0 ? w : rsl_seq_scratch(s, &p->weights);
    if (turned < 0) return turned;
    RSL_TRY(rsl_seq_function(s, transpose, geometry, (const int[]){turned, w}, 2, true));
    int packed =
        rsl_seq_packed(s, 1, dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0));
    if (packed < 0) return packed;
    RSL_TRY(rsl_seq_reorder(s, turned, packed, true));
    RSL_TRY(rsl_seq_patchable(s, 1, turned, packed, transposed, geometry));
    return packed;
}

static int build(struct product *p, struct seq *s, const dnnl_memory_desc_t *have,
                 const dnnl_memory_desc_t *want) {
    const struct rsl_call *c = p->rq->call;
    const void *geometry = rsl_arena_memdup(p->rq->arena, p->g, sizeof *p->g);
    if (!geometry) return RSL_ENOMEM;
    dnnl_memory_desc_t out;
    struct rsl_shape shape = rsl_conv_out_shape(p->g);
    rsl_dnnl_channels_last(&shape, dnnl_f32, &out);
    int x = rsl_seq_take(s, c, 0, have, want);
    int columns = x < 0 ? x : rsl_seq_scratch(s, &p->columns);
    int weights = columns < 0 ? columns : take_weights(p, s, geometry);
    int y = weights < 0 ? weights : rsl_seq_out(s, 0, &p->out);
    if (y < 0) return y;
    RSL_TRY(rsl_seq_function(s, rsl_dnnl_gather_columns, geometry, (const int[]){columns, x}, 2,
                             false));
    struct seq_arg args[4] = {
        {DNNL_ARG_SRC, columns}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, y}};
    int n = 3;
    if (c->n_in > 2 && c->in[2]) {
        int bias = rsl_seq_in(s, 2, &p->bias);
        if (bias < 0) return bias;
        args[n++] = (struct seq_arg){DNNL_ARG_BIAS, bias};
    }
    RSL_TRY(rsl_seq_add(s, p->pd, args, n));
    RSL_TRY(rsl_seq_tail(s, p->rq, rsl_tail_of(c->node), y, &out));
    if (!rsl_dnnl_is_plain(&out) && !(p->rq->out_layout[0] = rsl_dnnl_layout(p->rq->arena, &out)))
        return RSL_ENOMEM;
    s->base.name = "dnnl columns and matrix product";
    return RSL_OK;
}

int rsl_dnnl_conv_product(struct rsl_kernel_request *rq, const struct rsl_conv_geometry *g,
                          struct rsl_kernel **kernel) {
    struct product p = {.rq = rq, .g = g};
    dnnl_memory_desc_t have, want;
    if (!pays(rq, g) || rsl_tail_of(rq->call->node).act == TAIL_OTHER ||
        !rsl_dnnl_describe(rq->call->in[0], rq->in_layout[0], &have) ||
        !rsl_dnnl_channels_last(&rq->call->in[0]->shape, dnnl_f32, &want) || !create(&p))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build(&p, s, &have, &want), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(p.pd);
    return rc;
}
