/* ConvInputGrad and ConvWeightGrad on oneDNN's backward convolutions.
 *
 * The image operands are taken in the layout they come in, which the forward pass chose; a plain
 * image with many channels is brought into the primitive's own. In bf16 mode the operands are bf16
 * and the gradient of the weights f32, the master's type.
 *
 * While training, f32 gradients take Winograd's transforms too: they round by about 1e-5 of the
 * gradient's size, far below its noise from batch to batch, and take half the time. The forward
 * pass of f32 sums directly all the same: a network is trained with the sums it will be run with.
 */
#include <string.h>

#include "dnnl/conv.h"
#include "ops/conv_gradient.h"

/* Below this many output pixels oneDNN's bf16 gradient of the weights is slower than f32. */
enum { SMALL_IMAGE = 16 };

struct gradient {
    struct rsl_kernel_request *rq;
    const struct rsl_call *call;
    struct rsl_conv_geometry g;
    bool of_weights, bias;
    struct rsl_shape x, y; /* shapes of the forward operands */
    dnnl_primitive_desc_t pd;
};

/* The description that an image operand (input i, or a result when i < 0) is to have. */
static void operand(const struct gradient *k, int i, const struct rsl_shape *s,
                    dnnl_data_type_t type, dnnl_memory_desc_t *md) {
    dnnl_memory_desc_t have;
    rsl_dnnl_any(s, type, md);
    if (i < 0 || !rsl_dnnl_describe(k->call->in[i], k->rq->in_layout[i], &have)) return;
    bool narrow = s->dim[1] < 16;
    if (have.data_type == type && (rsl_dnnl_own_layout(k->rq->in_layout[i]) || narrow)) *md = have;
}

static bool create_with(struct gradient *k, dnnl_alg_kind_t algorithm, const dnnl_memory_desc_t *x,
                        const dnnl_memory_desc_t *w, const dnnl_memory_desc_t *y,
                        const dnnl_memory_desc_t *diff_w) {
    const struct conv_window win = rsl_dnnl_conv_window(&k->g.window);
    dnnl_memory_desc_t any_x, any_y, bias;
    dnnl_dims_t channels = {k->g.out_channels};
    rsl_dnnl_any(&k->x, x->data_type, &any_x);
    rsl_dnnl_any(&k->y, y->data_type, &any_y);
    dnnl_memory_desc_init_by_tag(&bias, 1, channels, dnnl_f32, dnnl_a);
    dnnl_convolution_desc_t forward, backward;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &forward, dnnl_forward_training, algorithm, &any_x, w, NULL, &any_y, win.strides,
        win.dilations, win.begin, win.end);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &forward, NULL, rsl_dnnl_engine(), NULL);
    if (status == dnnl_success)
        status = k->of_weights ? dnnl_dilated_convolution_backward_weights_desc_init(
                                     &backward, algorithm, x, diff_w, k->bias ? &bias : NULL, y,
                                     win.strides, win.dilations, win.begin, win.end)
                               : dnnl_dilated_convolution_backward_data_desc_init(
                                     &backward, algorithm, x, w, y, win.strides, win.dilations,
                                     win.begin, win.end);
    bool made = status == dnnl_success && rsl_dnnl_create(&k->pd, &backward, hint);
    if (hint) dnnl_primitive_desc_destroy(hint);
    return made;
}

/* True for the implementations that are only there so that something is. */
static bool is_fallback(const_dnnl_primitive_desc_t pd) {
    const char *name = "";
    dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
    return strstr(name, "ref") || strstr(name, "gemm");
}

/* With the operands' layouts as they come, else as oneDNN likes them. */
static bool create(struct gradient *k, dnnl_alg_kind_t algorithm, dnnl_data_type_t type) {
    dnnl_memory_desc_t x, y, w, diff_w, any_x, any_y;
    operand(k, k->of_weights ? 0 : -1, &k->x, type, &x);
    operand(k, k->of_weights ? 1 : 0, &k->y, type, &y);
    rsl_dnnl_any(&k->x, type, &any_x);
    rsl_dnnl_any(&k->y, type, &any_y);
    if (!rsl_dnnl_conv_weights(&k->g, type, true, &w) ||
        !rsl_dnnl_conv_weights(&k->g, dnnl_f32, true, &diff_w))
        return false;
    if (create_with(k, algorithm, &x, &w, &y, &diff_w)) {
        if (!is_fallback(k->pd)) return true;
        dnnl_primitive_desc_destroy(k->pd);
    }
    return create_with(k, algorithm, &any_x, &w, &any_y, &diff_w);
}

static bool choose(struct gradient *k) {
    enum rsl_compute_mode mode = k->rq->compute;
    bool small = rsl_window_out_count(&k->g.window) <= SMALL_IMAGE;
    if (mode == RSL_MODE_BF16 && !(small && k->of_weights) &&
        create(k, dnnl_convolution_direct, dnnl_bf16)) {
        if (!rsl_dnnl_conv_shuns(&k->g, k->pd)) return true;
        dnnl_primitive_desc_destroy(k->pd);
    }
    bool transforms = mode == RSL_MODE_F32_WINOGRAD || (mode == RSL_MODE_F32 && k->rq->training);
    if (transforms && rsl_dnnl_winograd_pays(&k->g) &&
        create(k, dnnl_convolution_winograd, dnnl_f32))
        return true;
    return create(k, dnnl_convolution_direct, dnnl_f32);
}

static const dnnl_memory_desc_t *wants(const struct gradient *k, dnnl_query_t what) {
    return dnnl_primitive_desc_query_md(k->pd, what, 0);
}

static int take_image(const struct gradient *k, struct seq *s, int i, dnnl_query_t what) {
    dnnl_memory_desc_t have;
    if (!rsl_dnnl_describe(k->call->in[i], k->rq->in_layout[i], &have))
        return rsl_fail(RSL_EINTERNAL, "input %d cannot be described", i);
    return rsl_seq_take(s, k->call, i, &have, wants(k, what));
}

static int build_input(const struct gradient *k, struct seq *s) {
    dnnl_memory_desc_t have_w;
    rsl_dnnl_conv_weights(&k->g, dnnl_f32, false, &have_w);
    int dy = take_image(k, s, 0, dnnl_query_diff_dst_md);
    if (dy < 0) return dy;
    int w = rsl_seq_take(s, k->call, 1, &have_w, wants(k, dnnl_query_weights_md));
    if (w < 0) return w;
    int dx = rsl_seq_give(s, k->rq, 0, wants(k, dnnl_query_diff_src_md));
    if (dx < 0) return dx;
    const struct seq_arg args[] = {
        {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DIFF_SRC, dx}};
    return rsl_seq_add(s, k->pd, args, 3);
}

static int build_weights(const struct gradient *k, struct seq *s) {
    dnnl_memory_desc_t plain, bias;
    const dnnl_memory_desc_t *own = wants(k, dnnl_query_diff_weights_md);
    dnnl_dims_t channels = {k->g.out_channels};
    rsl_dnnl_conv_weights(&k->g, dnnl_f32, false, &plain);
    dnnl_memory_desc_init_by_tag(&bias, 1, channels, dnnl_f32, dnnl_a);
    int x = take_image(k, s, 0, dnnl_query_src_md);
    if (x < 0) return x;
    int dy = take_image(k, s, 1, dnnl_query_diff_dst_md);
    if (dy < 0) return dy;
    int out = rsl_seq_out(s, 0, &plain);
    if (out < 0) return out;
    int dw = dnnl_memory_desc_equal(own, &plain) ? out : rsl_seq_scratch(s, own);
    if (dw < 0) return dw;
    struct seq_arg args[4] = {
        {DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, dw}};
    if (k->bias) {
        args[3] = (struct seq_arg){DNNL_ARG_DIFF_BIAS, rsl_seq_out(s, 1, &bias)};
        if (args[3].memory < 0) return args[3].memory;
    }
    RSL_TRY(rsl_seq_add(s, k->pd, args, k->bias ? 4 : 3));
    return dw == out ? RSL_OK : rsl_seq_reorder(s, dw, out, false);
}

static int offer(struct gradient *k, struct rsl_kernel **kernel) {
    k->y = rsl_conv_out_shape(&k->g);
    if (k->g.window.rank > 3 || !choose(k)) return RSL_OK;
    struct seq *s = rsl_seq_new(k->rq->arena);
    int rc = s ? k->of_weights ? build_weights(k, s) : build_input(k, s) : RSL_ENOMEM;
    if (rc == RSL_OK) rc = rsl_seq_name(s, k->rq->arena, k->pd);
    dnnl_primitive_desc_destroy(k->pd);
    return s ? rsl_seq_done(s, rc, k->rq, kernel) : rc;
}

int rsl_dnnl_conv_input_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct gradient k = {.rq = rq, .call = rq->call};
    RSL_TRY(rsl_conv_input_grad_geometry(&k.g, rq->call));
    RSL_TRY(rsl_need_shape(rq->call, &k.x));
    if (rq->in_layout[1]) return RSL_OK;
    return offer(&k, kernel);
}

int rsl_dnnl_conv_weight_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct gradient k = {.rq = rq, .call = c, .of_weights = true, .x = c->in[0]->shape};
    RSL_TRY(rsl_conv_weight_grad_geometry(&k.g, c));
    k.bias = c->n_out > 1 && c->out[1];
    if (!c->out[0]) return RSL_OK;
    RSL_TRY(rsl_dnnl_conv_weight_product(rq, &k.g, kernel));
    return *kernel ? RSL_OK : offer(&k, kernel);
}
