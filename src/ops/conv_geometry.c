/* See conv_geometry.h. */
#include "ops/conv_geometry.h"

#include "ops/matrix_product.h"

#include <inttypes.h>

/* Ranks, group, channels of x against w, kernel_shape against w; fills all but strides and pads. */
static int channels(struct rsl_conv_geometry *g, const struct rsl_call *c, int x, int w) {
    RSL_TRY(rsl_need_rank(c, x, 3, RSL_MAX_RANK));
    const struct rsl_shape *xs = &c->in[x]->shape, *ws = &c->in[w]->shape;
    char xt[RSL_SHAPE_TEXT], wt[RSL_SHAPE_TEXT];
    rsl_shape_text(xs, xt);
    rsl_shape_text(ws, wt);
    if (ws->rank != xs->rank)
        return rsl_fail(RSL_ESHAPE, "the weights' shape %s and the input's %s differ in rank", wt,
                        xt);
    g->batch = xs->dim[0];
    g->in_channels = xs->dim[1];
    g->group = rsl_node_int(c->node, "group", 1);
    if (g->group < 1 || g->in_channels < 1 || g->in_channels % g->group != 0 || ws->dim[0] < 1 ||
        ws->dim[0] % g->group != 0)
        return rsl_fail(RSL_ESHAPE,
                        "group %" PRId64 " does not divide the channels of input %s and weights %s",
                        g->group, xt, wt);
    int64_t need = g->transposed ? g->in_channels : g->in_channels / g->group;
    int64_t have = ws->dim[g->transposed ? 0 : 1];
    if (have != need)
        return rsl_fail(RSL_ESHAPE,
                        "weights %s take %" PRId64 " channels, input %s in %" PRId64
                        " groups has %" PRId64,
                        wt, have, xt, g->group, need);
    if (g->transposed && ws->dim[1] > RSL_MAX_ELEMENTS / g->group)
        return rsl_fail(RSL_ESHAPE, "%" PRId64 " groups of weights %s are too large", g->group, wt);
    g->out_channels = g->transposed ? ws->dim[1] * g->group : ws->dim[0];

    g->window.rank = xs->rank - 2;
    RSL_TRY(rsl_window_ints(c->node, "kernel_shape", g->window.rank, 1, RSL_MAX_ELEMENTS, 0,
                            g->window.kernel));
    for (int i = 0; i < g->window.rank; i++) {
        g->window.in[i] = xs->dim[2 + i];
        if (g->window.kernel[i] != 0 && g->window.kernel[i] != ws->dim[2 + i])
            return rsl_fail(RSL_ESHAPE,
                            "attribute kernel_shape says %" PRId64
                            " for spatial axis %d, the weights have shape %s",
                            g->window.kernel[i], i, wt);
        g->window.kernel[i] = ws->dim[2 + i];
    }
    return RSL_OK;
}

int rsl_conv_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c, int x, int w) {
    *g = (struct rsl_conv_geometry){0};
    enum rsl_auto_pad auto_pad;
    RSL_TRY(channels(g, c, x, w));
    RSL_TRY(rsl_window_read(&g->window, c, &auto_pad));
    RSL_TRY(rsl_window_slide(&g->window, auto_pad, false));
    struct rsl_shape out = rsl_conv_out_shape(g);
    return rsl_shape_check(&out);
}

/* full = stride * (in - 1) + output_padding + reach; the padding is what full exceeds the output
 * by. SAME without output_shape means out = in * stride. */
static int transposed_axis(struct rsl_window *w, int i, enum rsl_auto_pad auto_pad,
                           int64_t output_padding, int64_t output_shape) {
    int64_t full = w->stride[i] * (w->in[i] - 1) + output_padding + rsl_window_reach(w, i);
    bool same = auto_pad == RSL_PAD_SAME_UPPER || auto_pad == RSL_PAD_SAME_LOWER;
    if (same && output_shape == 0) output_shape = w->in[i] * w->stride[i];
    if (output_shape == 0) {
        w->out[i] = full - w->pad_begin[i] - w->pad_end[i];
    } else {
        int64_t total = full > output_shape ? full - output_shape : 0;
        w->pad_begin[i] = auto_pad == RSL_PAD_SAME_UPPER ? total / 2 : total - total / 2;
        w->pad_end[i] = total - w->pad_begin[i];
        w->out[i] = output_shape;
    }
    if (w->in[i] < 1 || w->kernel[i] < 1 || w->out[i] < 1)
        return rsl_fail(RSL_ESHAPE,
                        "along spatial axis %d the output would have %" PRId64 " positions", i,
                        w->out[i]);
    return RSL_OK;
}

int rsl_conv_transpose_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c) {
    *g = (struct rsl_conv_geometry){.transposed = true};
    enum rsl_auto_pad auto_pad;
    int64_t output_padding[RSL_MAX_SPATIAL], output_shape[RSL_MAX_RANK] = {0};
    RSL_TRY(channels(g, c, 0, 1));
    int rank = g->window.rank;
    RSL_TRY(rsl_window_read(&g->window, c, &auto_pad));
    RSL_TRY(
        rsl_window_ints(c->node, "output_padding", rank, 0, RSL_MAX_ELEMENTS, 0, output_padding));
    /* The spatial axes only; some exporters write all axes. */
    size_t given;
    rsl_node_ints(c->node, "output_shape", &given);
    int lead = given == (size_t)rank + 2 ? 2 : 0;
    RSL_TRY(rsl_window_ints(c->node, "output_shape", rank + lead, 1, RSL_MAX_ELEMENTS, 0,
                            output_shape));
    for (int i = 0; i < rank; i++)
        RSL_TRY(
            transposed_axis(&g->window, i, auto_pad, output_padding[i], output_shape[lead + i]));
    struct rsl_shape out = rsl_conv_out_shape(g);
    return rsl_shape_check(&out);
}

int rsl_conv_need_bias(const struct rsl_conv_geometry *g, const struct rsl_call *c, int i) {
    if (i >= c->n_in || !c->in[i]) return RSL_OK;
    const struct rsl_shape *s = &c->in[i]->shape;
    if (s->rank == 1 && s->dim[0] == g->out_channels) return RSL_OK;
    char text[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "bias (input %d) has shape %s, it must be [%" PRId64 "]", i,
                    rsl_shape_text(s, text), g->out_channels);
}

struct rsl_shape rsl_conv_out_shape(const struct rsl_conv_geometry *g) {
    struct rsl_shape s = {.rank = 2 + g->window.rank, .dim = {g->batch, g->out_channels}};
    for (int i = 0; i < g->window.rank; i++) s.dim[2 + i] = g->window.out[i];
    return s;
}

int64_t rsl_conv_macs(const struct rsl_conv_geometry *g) {
    int64_t positions =
        g->transposed ? rsl_window_in_count(&g->window) : rsl_window_out_count(&g->window);
    int64_t taps = g->in_channels / g->group * rsl_window_kernel_count(&g->window);
    return rsl_macs(g->batch * positions, g->out_channels, taps);
}
