/* Pooling: averages on oneDNN; maxima by a loop of our own over channels-last tensors, because
 * oneDNN's maximum drops NaN. */
#include "dnnl/dnnl_int.h"
#include "ops/pool_geometry.h"

#include <string.h>

/* ---- MaxPool, two spatial dimensions, channels last ---- */

/* One output pixel: y[c] = max over the window; the first tap initialises. */
static void window_max(const struct rsl_pool_geometry *g, const float *image, float *y, int64_t oh,
                       int64_t ow) {
    const struct rsl_window *w = &g->window;
    int64_t channels = g->channels;
    bool first = true;
    for (int64_t kh = 0; kh < w->kernel[0]; kh++) {
        int64_t ih = oh * w->stride[0] + kh * w->dilation[0] - w->pad_begin[0];
        if (ih < 0 || ih >= w->in[0]) continue;
        for (int64_t kw = 0; kw < w->kernel[1]; kw++) {
            int64_t iw = ow * w->stride[1] + kw * w->dilation[1] - w->pad_begin[1];
            if (iw < 0 || iw >= w->in[1]) continue;
            const float *x = image + (ih * w->in[1] + iw) * channels;
            if (first)
                memcpy(y, x, (size_t)channels * sizeof *y);
            else
                for (int64_t c = 0; c < channels; c++)
                    y[c] = x[c] <= y[c] || y[c] != y[c] ? y[c] : x[c];
            first = false;
        }
    }
}

static void max_pool(const void *context, void *const *data) {
    const struct rsl_pool_geometry *g = context;
    const struct rsl_window *w = &g->window;
    float *y = data[0];
    const float *x = data[1];
    int64_t rows = g->batch * w->out[0];
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        const float *image = x + r / w->out[0] * w->in[0] * w->in[1] * g->channels;
        for (int64_t ow = 0; ow < w->out[1]; ow++)
            window_max(g, image, y + (r * w->out[1] + ow) * g->channels, r % w->out[0], ow);
    }
}

/* Every window must hold a pixel: with dilation a window may fall between them. */
static bool windows_hold_pixels(const struct rsl_window *w) {
    for (int d = 0; d < w->rank; d++)
        if (w->dilation[d] != 1 && (w->pad_begin[d] || w->pad_end[d])) return false;
    return true;
}

int rsl_dnnl_max_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_geometry(&g, c));
    if (g.window.rank != 2 || (c->n_out > 1 && c->out[1]) || !windows_hold_pixels(&g.window))
        return RSL_OK;
    dnnl_memory_desc_t have, want, out;
    if (!rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !rsl_dnnl_channels_last(&c->in[0]->shape, dnnl_f32, &want) ||
        !rsl_dnnl_channels_last(&c->out[0]->shape, dnnl_f32, &out))
        return RSL_OK;
    struct rsl_pool_geometry *own = rsl_arena_memdup(rq->arena, &g, sizeof g);
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s || !own) return RSL_ENOMEM;
    s->base.name = "dnnl maximum, channels last";
    int x = rsl_seq_take(s, c, 0, &have, &want);
    int y = x < 0 ? x : rsl_seq_give(s, rq, 0, &out);
    int rc = y < 0 ? y : rsl_seq_function(s, max_pool, own, (const int[]){y, x}, 2, false);
    return rsl_seq_done(s, rc, rq, kernel);
}

/* ---- averages ---- */

struct average {
    dnnl_dims_t kernel, strides, dilation, begin, end;
    dnnl_alg_kind_t algorithm;
};

static int offer_average(struct rsl_kernel_request *rq, const struct average *a,
                         struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t x, any;
    if (!rsl_dnnl_describe(c->in[0], rq->in_layout[0], &x)) return RSL_OK;
    rsl_dnnl_any(&c->out[0]->shape, x.data_type, &any);
    dnnl_pooling_v2_desc_t op;
    dnnl_primitive_desc_t pd;
    if (dnnl_pooling_v2_forward_desc_init(&op, dnnl_forward_inference, a->algorithm, &x, &any,
                                          a->strides, a->kernel, a->dilation, a->begin,
                                          a->end) != dnnl_success)
        return RSL_OK;
    dnnl_primitive_attr_t attr = rsl_dnnl_attr();
    dnnl_status_t status = dnnl_primitive_desc_create(&pd, &op, attr, rsl_dnnl_engine(), NULL);
    dnnl_primitive_attr_destroy(attr);
    if (status != dnnl_success) return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int in = s ? rsl_seq_in(s, 0, &x) : RSL_ENOMEM;
    int out = in < 0
                  ? in
                  : rsl_seq_give(s, rq, 0, dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0));
    int rc = out;
    if (rc >= 0)
        rc = rsl_seq_add(s, pd, (const struct seq_arg[]){{DNNL_ARG_SRC, in}, {DNNL_ARG_DST, out}},
                         2);
    if (rc >= 0) rc = rsl_seq_name(s, rq->arena, pd);
    dnnl_primitive_desc_destroy(pd);
    return s ? rsl_seq_done(s, rc, rq, kernel) : RSL_ENOMEM;
}

int rsl_dnnl_average_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_pool_geometry(&g, c));
    struct average a = {.algorithm = rsl_node_int(c->node, "count_include_pad", 0)
                                         ? dnnl_pooling_avg_include_padding
                                         : dnnl_pooling_avg_exclude_padding};
    const struct rsl_window *w = &g.window;
    if (w->rank > 3) return RSL_OK;
    for (int d = 0; d < w->rank; d++) {
        int64_t room = w->in[d] + w->pad_begin[d] + w->pad_end[d] - rsl_window_reach(w, d);
        if (w->out[d] != room / w->stride[d] + 1) return RSL_OK; /* cut-off windows of ceil_mode */
        a.kernel[d] = w->kernel[d];
        a.strides[d] = w->stride[d];
        a.dilation[d] = w->dilation[d] - 1;
        a.begin[d] = w->pad_begin[d];
        a.end[d] = w->pad_end[d];
    }
    return offer_average(rq, &a, kernel);
}

int rsl_dnnl_global_average_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_shape *s = &rq->call->in[0]->shape;
    struct average a = {.algorithm = dnnl_pooling_avg_exclude_padding};
    if (s->rank < 3 || s->rank > 5) return RSL_OK;
    for (int d = 2; d < s->rank; d++) {
        a.kernel[d - 2] = s->dim[d];
        a.strides[d - 2] = 1;
    }
    return offer_average(rq, &a, kernel);
}
