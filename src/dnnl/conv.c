/* Conv, FusedConv and ConvTranspose on oneDNN's convolution and deconvolution.
 *
 * Weights go into the primitive's own layout once. Residual and activation follow in one pass of
 * our own (tail.c) instead of oneDNN's post-operations, which lose NaN. In Winograd mode 3x3
 * convolutions of stride 1 with enough channels use oneDNN's Winograd kernels, whose float order is
 * another one; its automatic choice never does that for inference. */
#include <string.h>

#include "dnnl/conv.h"
#include "ops/conv_geometry.h"

/* Fewer channels or smaller images than this and Winograd's transforms cost more than they save
 * (measured). */
enum { WINOGRAD_CHANNELS = 32, WINOGRAD_PIXELS = 4 };

struct conv {
    struct rsl_kernel_request *rq;
    const struct rsl_call *call;
    struct rsl_conv_geometry g;
    dnnl_memory_desc_t have_x, have_w, have_b; /* as they come */
    bool bias;
    struct tail tail;
    dnnl_primitive_desc_t pd;
};

static bool present(const struct rsl_call *c, int i) {
    return i < c->n_in && c->in[i];
}

struct conv_window rsl_dnnl_conv_window(const struct rsl_window *w) {
    struct conv_window c = {0};
    for (int d = 0; d < w->rank; d++) {
        c.strides[d] = w->stride[d];
        c.dilations[d] = w->dilation[d] - 1;
        c.begin[d] = w->pad_begin[d];
        c.end[d] = w->pad_end[d];
    }
    return c;
}

bool rsl_dnnl_conv_weights(const struct rsl_conv_geometry *g, dnnl_data_type_t type, bool any,
                           dnnl_memory_desc_t *md) {
    dnnl_dims_t dims, strides;
    int n = 0;
    dnnl_dim_t taps = rsl_window_kernel_count(&g->window);
    dnnl_dim_t o = g->out_channels / g->group, i = g->in_channels / g->group;
    if (g->group > 1) {
        dims[n] = g->group;
        strides[n++] = o * i * taps;
    }
    dims[n] = o;
    strides[n++] = g->transposed ? taps : i * taps;
    dims[n] = i;
    strides[n++] = g->transposed ? o * taps : taps;
    for (int d = 0; d < g->window.rank; d++) {
        dims[n] = g->window.kernel[d];
        strides[n] = 1;
        for (int e = d + 1; e < g->window.rank; e++) strides[n] *= g->window.kernel[e];
        n++;
    }
    dnnl_status_t status =
        any ? dnnl_memory_desc_init_by_tag(md, n, dims, type, dnnl_format_tag_any)
            : dnnl_memory_desc_init_by_strides(md, n, dims, type, strides);
    return status == dnnl_success;
}

bool rsl_dnnl_winograd_pays(const struct rsl_conv_geometry *g) {
    bool square = g->window.rank == 2 && g->group == 1 && !g->transposed;
    for (int d = 0; d < g->window.rank; d++)
        square = square && g->window.kernel[d] == 3 && g->window.stride[d] == 1 &&
                 g->window.dilation[d] == 1 && g->window.out[d] >= WINOGRAD_PIXELS;
    return square && g->in_channels >= WINOGRAD_CHANNELS && g->out_channels >= WINOGRAD_CHANNELS;
}

static bool create(struct conv *k, dnnl_alg_kind_t algorithm, const dnnl_memory_desc_t *x,
                   const dnnl_memory_desc_t *w, const dnnl_memory_desc_t *y) {
    const struct conv_window win = rsl_dnnl_conv_window(&k->g.window);
    dnnl_prop_kind_t kind = k->rq->training ? dnnl_forward_training : dnnl_forward_inference;
    const dnnl_memory_desc_t *b = k->bias ? &k->have_b : NULL;
    dnnl_convolution_desc_t conv;
    dnnl_deconvolution_desc_t deconv;
    const void *op = k->g.transposed ? (const void *)&deconv : (const void *)&conv;
    dnnl_status_t status = k->g.transposed ? dnnl_dilated_deconvolution_forward_desc_init(
                                                 &deconv, kind, algorithm, x, w, b, y, win.strides,
                                                 win.dilations, win.begin, win.end)
                                           : dnnl_dilated_convolution_forward_desc_init(
                                                 &conv, kind, algorithm, x, w, b, y, win.strides,
                                                 win.dilations, win.begin, win.end);
    return status == dnnl_success && rsl_dnnl_create(&k->pd, op, NULL);
}

/* What bf16 is not worth or not safe: oneDNN's fallbacks are slower than its f32, and where the
 * processor lacks bf16 instructions its emulating 1x1 kernel was seen to be wrong when the channels
 * are no multiple of 16 (71 of them, oneDNN 2.6.3). */
bool rsl_dnnl_conv_shuns(const struct rsl_conv_geometry *g, const_dnnl_primitive_desc_t pd) {
    const char *name = "";
    dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
    const char *isa = strrchr(name, ':');
    bool emulated = isa && strcmp(isa, ":avx512_core") == 0;
    bool ragged = g->in_channels % 16 != 0 || g->out_channels % 16 != 0;
    return strstr(name, "gemm") || strstr(name, "ref") || (emulated && ragged);
}

/* Lets oneDNN choose all layouts; false when it offers nothing. */
static bool choose_in(struct conv *k, dnnl_data_type_t type) {
    dnnl_memory_desc_t x, w, y;
    struct rsl_shape out = rsl_conv_out_shape(&k->g);
    rsl_dnnl_any(&k->call->in[0]->shape, type, &x);
    rsl_dnnl_any(&out, type, &y);
    if (!rsl_dnnl_conv_weights(&k->g, type, true, &w)) return false;
    if (k->rq->compute == RSL_MODE_F32_WINOGRAD && rsl_dnnl_winograd_pays(&k->g) &&
        create(k, dnnl_convolution_winograd, &x, &w, &y))
        return true;
    return create(k, k->g.transposed ? dnnl_deconvolution_direct : dnnl_convolution_direct, &x, &w,
                  &y);
}

static bool choose(struct conv *k) {
    if (k->rq->compute == RSL_MODE_BF16 && choose_in(k, dnnl_bf16)) {
        if (!rsl_dnnl_conv_shuns(&k->g, k->pd)) return true;
        dnnl_primitive_desc_destroy(k->pd);
    }
    return choose_in(k, dnnl_f32);
}

static const dnnl_memory_desc_t *wants(const struct conv *k, dnnl_query_t what) {
    return dnnl_primitive_desc_query_md(k->pd, what, 0);
}

static int build(struct conv *k, struct seq *s) {
    int x = rsl_seq_take(s, k->call, 0, &k->have_x, wants(k, dnnl_query_src_md));
    if (x < 0) return x;
    int w = rsl_seq_take(s, k->call, 1, &k->have_w, wants(k, dnnl_query_weights_md));
    if (w < 0) return w;
    int y = rsl_seq_give(s, k->rq, 0, wants(k, dnnl_query_dst_md));
    if (y < 0) return y;
    struct seq_arg args[4] = {
        {DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}, {DNNL_ARG_BIAS, 0}};
    if (k->bias) {
        args[3].memory = rsl_seq_in(s, 2, &k->have_b);
        if (args[3].memory < 0) return args[3].memory;
    }
    RSL_TRY(rsl_seq_add(s, k->pd, args, k->bias ? 4 : 3));
    RSL_TRY(rsl_seq_tail(s, k->rq, k->tail, y, wants(k, dnnl_query_dst_md)));
    return rsl_seq_name(s, k->rq->arena, k->pd);
}

static int offer(struct conv *k, struct rsl_kernel **kernel) {
    const struct rsl_call *c = k->call;
    const struct rsl_layout **layout = k->rq->in_layout;
    if (k->tail.act == TAIL_OTHER || k->g.window.rank > 3 || layout[1]) return RSL_OK;
    k->bias = present(c, 2);
    if (!rsl_dnnl_describe(c->in[0], layout[0], &k->have_x) ||
        !rsl_dnnl_conv_weights(&k->g, dnnl_f32, false, &k->have_w) ||
        (k->bias && !rsl_dnnl_describe(c->in[2], layout[2], &k->have_b)) || !choose(k))
        return RSL_OK;
    struct seq *s = rsl_seq_new(k->rq->arena);
    int rc = s ? rsl_seq_done(s, build(k, s), k->rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(k->pd);
    return rc;
}

int rsl_dnnl_conv(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct conv k = {.rq = rq, .call = rq->call};
    RSL_TRY(rsl_conv_geometry(&k.g, rq->call, 0, 1));
    k.tail = rsl_tail_of(rq->call->node);
    if (!rq->training) RSL_TRY(rsl_dnnl_conv_product(rq, &k.g, kernel));
    return *kernel ? RSL_OK : offer(&k, kernel);
}

int rsl_dnnl_conv_transpose(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct conv k = {.rq = rq, .call = rq->call};
    RSL_TRY(rsl_conv_transpose_geometry(&k.g, rq->call));
    const struct rsl_window *w = &k.g.window;
    for (int d = 0; d < w->rank; d++) { /* output_padding and output_shape are the reference's */
        int64_t windows = (w->in[d] - 1) * w->stride[d] + rsl_window_reach(w, d);
        if (w->out[d] != windows - w->pad_begin[d] - w->pad_end[d]) return RSL_OK;
    }
    return offer(&k, kernel);
}
