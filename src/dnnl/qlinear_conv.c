/* FusedQLinearConv on oneDNN's convolutions of 8-bit integers, channels last.
 *
 * The direct way hands the multipliers to the primitive as output scales and all the rest as
 * post-operations; in them the primitive rounds as fused_qlinear.h says (tested bit for bit).
 * Output scales are part of a primitive, so that other multipliers take the split way, as do zero
 * points of weights: sum (W - zero) X = sum W X - zero * total, where total sums X under the
 * window. */
#include "dnnl/qlinear_own.h"

#include "base/status.h"
#include "dnnl/lanes.h"

#include <string.h>

/* ---- descriptions ---- */

static bool describe(struct qlinear_conv *k) {
    const struct rsl_call *c = k->call;
    const struct rsl_layout **layout = k->rq->in_layout;
    struct rsl_shape channels = {1, {k->g.out_channels}};
    dnnl_data_type_t x, y, z = dnnl_u8;
    k->residual = rsl_input(c, RSL_QLINEAR_RESIDUAL) != NULL;
    k->has_bias = rsl_input(c, RSL_QLINEAR_BIAS) != NULL;
    if (!rsl_dnnl_type(c->in[0]->dtype, &x) || !rsl_dnnl_type(k->end.to, &y)) return false;
    if (k->residual &&
        (!rsl_dnnl_type(c->in[RSL_QLINEAR_RESIDUAL]->dtype, &z) ||
         !rsl_dnnl_describe(c->in[RSL_QLINEAR_RESIDUAL], layout[RSL_QLINEAR_RESIDUAL], &k->have_z)))
        return false;
    return rsl_dnnl_describe(c->in[0], layout[0], &k->have_x) &&
           rsl_dnnl_channels_last(&c->in[0]->shape, x, &k->want_x) &&
           rsl_dnnl_channels_last(&c->out[0]->shape, y, &k->y) &&
           rsl_dnnl_channels_last(&c->out[0]->shape, z, &k->want_z) &&
           rsl_dnnl_conv_weights(&k->g, dnnl_s8, false, &k->have_w) &&
           rsl_dnnl_plain(&channels, &k->bias);
}

static bool create(const struct qlinear_conv *k, const dnnl_memory_desc_t *y,
                   const_dnnl_primitive_attr_t a, bool bias, dnnl_primitive_desc_t *pd) {
    const struct conv_window win = rsl_dnnl_conv_window(&k->g.window);
    dnnl_memory_desc_t w;
    dnnl_convolution_desc_t op;
    return rsl_dnnl_conv_weights(&k->g, dnnl_s8, true, &w) &&
           dnnl_dilated_convolution_forward_desc_init(
               &op, dnnl_forward_inference, dnnl_convolution_direct, &k->want_x, &w,
               bias ? &k->bias : NULL, y, win.strides, win.dilations, win.begin,
               win.end) == dnnl_success &&
           dnnl_primitive_desc_create(pd, &op, a, rsl_dnnl_engine(), NULL) == dnnl_success;
}

/* ---- the direct way ---- */

static bool add_post_operations(const struct qlinear_conv *k, dnnl_post_ops_t ops) {
    float scale = k->residual ? k->end.residual_scale : 1;
    if (k->residual &&
        dnnl_post_ops_append_binary(ops, dnnl_binary_add, &k->want_z) != dnnl_success)
        return false;
    if (k->end.relu)
        return dnnl_post_ops_append_eltwise(ops, scale, dnnl_eltwise_relu, 0, 0) == dnnl_success;
    return !k->residual ||
           dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_linear, scale, 0) == dnnl_success;
}

/* Only kernels whose rounding is known: not the ones through a matrix product or the reference. */
static bool known(const_dnnl_primitive_desc_t pd) {
    const char *name = "";
    dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
    return strncmp(name, "brg", 3) == 0 || strncmp(name, "brd", 3) == 0 ||
           strncmp(name, "jit_int8", 8) == 0;
}

static bool create_direct(const struct qlinear_conv *k, dnnl_primitive_desc_t *pd) {
    dnnl_primitive_attr_t attr = rsl_dnnl_attr();
    dnnl_post_ops_t ops = NULL;
    const float *scales = k->call->in[RSL_QLINEAR_MULTIPLIER]->data;
    bool made = attr && dnnl_post_ops_create(&ops) == dnnl_success && add_post_operations(k, ops) &&
                dnnl_primitive_attr_set_post_ops(attr, ops) == dnnl_success &&
                dnnl_primitive_attr_set_output_scales(attr, k->g.out_channels, 1 << 1, scales) ==
                    dnnl_success &&
                create(k, &k->y, attr, k->has_bias, pd);
    dnnl_post_ops_destroy(ops);
    dnnl_primitive_attr_destroy(attr);
    if (made && !known(*pd)) {
        dnnl_primitive_desc_destroy(*pd);
        made = false;
    }
    return made;
}

static int take_weights(const struct qlinear_conv *k, struct seq *s,
                        const_dnnl_primitive_desc_t pd) {
    return rsl_seq_take(s, k->call, RSL_QLINEAR_W, &k->have_w,
                        dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0));
}

static int build_direct(const struct qlinear_conv *k, struct seq *s,
                        const_dnnl_primitive_desc_t pd) {
    struct seq_arg args[5];
    int n = 0, memory;
    RSL_TRY(memory = rsl_seq_take(s, k->call, RSL_QLINEAR_X, &k->have_x, &k->want_x));
    args[n++] = (struct seq_arg){DNNL_ARG_SRC, memory};
    RSL_TRY(memory = take_weights(k, s, pd));
    args[n++] = (struct seq_arg){DNNL_ARG_WEIGHTS, memory};
    RSL_TRY(memory = rsl_seq_give(s, k->rq, 0, &k->y));
    args[n++] = (struct seq_arg){DNNL_ARG_DST, memory};
    if (k->has_bias) {
        RSL_TRY(memory = rsl_seq_in(s, RSL_QLINEAR_BIAS, &k->bias));
        args[n++] = (struct seq_arg){DNNL_ARG_BIAS, memory};
    }
    if (k->residual) {
        RSL_TRY(memory = rsl_seq_take(s, k->call, RSL_QLINEAR_RESIDUAL, &k->have_z, &k->want_z));
        args[n++] = (struct seq_arg){DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, memory};
    }
    RSL_TRY(rsl_seq_add(s, pd, args, n));
    return rsl_seq_name(s, k->rq->arena, pd);
}

/* ---- the split way ---- */

struct windows {
    struct rsl_conv_geometry g;
    bool is_signed;
};

static inline int32_t sum_of(const struct windows *w, const void *x, int64_t n) {
    int32_t sum = 0;
    if (w->is_signed)
        for (int64_t i = 0; i < n; i++) sum += ((const int8_t *)x)[i];
    else
        for (int64_t i = 0; i < n; i++) sum += ((const uint8_t *)x)[i];
    return sum;
}

/* Adds the totals of one place's channels, a group's to each of `totals`. */
RSL_LANES_INLINE add_place(const struct windows *k, const char *x, int32_t *totals) {
    const int64_t groups = k->g.group, each = k->g.in_channels / groups;
    if (each > 1)
        for (int64_t g = 0; g < groups; g++) totals[g] += sum_of(k, x + g * each, each);
    else if (k->is_signed)
        for (int64_t g = 0; g < groups; g++) totals[g] += ((const int8_t *)x)[g];
    else
        for (int64_t g = 0; g < groups; g++) totals[g] += ((const uint8_t *)x)[g];
}

/* The totals under one window. */
RSL_LANES static void sum_window(const struct windows *k, const char *image, const int64_t *out,
                                 int32_t *totals) {
    static const int64_t zero[RSL_MAX_SPATIAL];
    const struct rsl_window *w = &k->g.window;
    int64_t tap[RSL_MAX_SPATIAL] = {0};
    memset(totals, 0, (size_t)k->g.group * sizeof *totals);
    do {
        int64_t place = 0;
        bool inside = true;
        for (int d = 0; d < w->rank; d++) {
            int64_t i = out[d] * w->stride[d] + tap[d] * w->dilation[d] - w->pad_begin[d];
            inside = inside && i >= 0 && i < w->in[d];
            place = place * w->in[d] + i;
        }
        if (inside) add_place(k, image + place * k->g.in_channels, totals);
    } while (rsl_window_next(w->rank, tap, zero, w->kernel));
}

/* A seq_function: data = {totals [batch, out..., group], x [batch, in..., C]}. */
static void sum_windows(const void *context, void *const *data) {
    const struct windows *k = context;
    const struct rsl_window *w = &k->g.window;
    int64_t pixels = rsl_window_out_count(w), bytes = rsl_window_in_count(w) * k->g.in_channels;
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < k->g.batch * pixels; r++) {
        int64_t out[RSL_MAX_SPATIAL], rest = r % pixels;
        for (int d = w->rank - 1; d >= 0; d--) {
            out[d] = rest % w->out[d];
            rest /= w->out[d];
        }
        sum_window(k, (const char *)data[1] + r / pixels * bytes, out,
                   (int32_t *)data[0] + r * k->g.group);
    }
}

static int add_totals(const struct qlinear_conv *k, struct seq *s, int x) {
    struct windows w = {k->g, k->want_x.data_type == dnnl_s8};
    struct windows *own = rsl_arena_memdup(k->rq->arena, &w, sizeof w);
    dnnl_memory_desc_t md;
    struct rsl_shape shape = {1, {k->g.batch * rsl_window_out_count(&k->g.window) * k->g.group}};
    if (!own) return RSL_ENOMEM;
    if (!rsl_dnnl_plain_as(&shape, dnnl_s32, &md))
        return rsl_fail(RSL_EINTERNAL, "the totals cannot be described");
    int totals = rsl_seq_scratch(s, &md);
    RSL_TRY(totals);
    RSL_TRY(rsl_seq_function(s, sum_windows, own, (const int[]){totals, x}, 2, false));
    return totals;
}

static int build_split(const struct qlinear_conv *k, struct seq *s, const_dnnl_primitive_desc_t pd,
                       const dnnl_memory_desc_t *sums_md) {
    struct qlinear_finish f = {.end = k->end,
                               .rows = k->g.batch * rsl_window_out_count(&k->g.window),
                               .channels = k->g.out_channels,
                               .groups = k->g.group,
                               .z = k->want_z.data_type};
    int x, w, y, sums, totals = RSL_ABSENT, z = RSL_ABSENT;
    RSL_TRY(x = rsl_seq_take(s, k->call, RSL_QLINEAR_X, &k->have_x, &k->want_x));
    RSL_TRY(w = take_weights(k, s, pd));
    RSL_TRY(y = rsl_seq_give(s, k->rq, 0, &k->y));
    RSL_TRY(sums = rsl_seq_scratch(s, sums_md));
    if (k->residual)
        RSL_TRY(z = rsl_seq_take(s, k->call, RSL_QLINEAR_RESIDUAL, &k->have_z, &k->want_z));
    const struct seq_arg args[] = {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, sums}};
    RSL_TRY(rsl_seq_add(s, pd, args, 3));
    if (rsl_input(k->call, RSL_QLINEAR_ZERO)) RSL_TRY(totals = add_totals(k, s, x));
    RSL_TRY(rsl_dnnl_qlinear_end(s, k->call, &f, k->rq->arena, sums, y, z, totals));
    return rsl_seq_name(s, k->rq->arena, pd);
}

/* ---- both ---- */

static int make_way(struct qlinear_conv *k, bool direct, struct seq **way, size_t *scratch) {
    dnnl_memory_desc_t sums;
    dnnl_primitive_desc_t pd;
    struct rsl_kernel *unused;
    rsl_dnnl_channels_last(&k->call->out[0]->shape, dnnl_s32, &sums);
    bool made = direct ? create_direct(k, &pd) : false;
    if (!direct) {
        dnnl_primitive_attr_t attr = rsl_dnnl_attr();
        made = attr && create(k, &sums, attr, false, &pd);
        dnnl_primitive_attr_destroy(attr);
    }
    if (!made) return RSL_OK;
    struct seq *s = rsl_seq_new(k->rq->arena);
    int rc = !s ? RSL_ENOMEM : direct ? build_direct(k, s, pd) : build_split(k, s, pd, &sums);
    if (s) rc = rsl_seq_done(s, rc, k->rq, &unused);
    dnnl_primitive_desc_destroy(pd);
    if (rc < 0) return rc;
    if (*scratch < s->scratch) *scratch = s->scratch;
    *way = s;
    return RSL_OK;
}

static int make_ways(struct qlinear_conv *k, struct qlinear_ways *ways, size_t *scratch) {
    RSL_TRY(make_way(k, false, &ways->split, scratch));
    if (!ways->split) return RSL_OK; /* only with it are all constants served */
    RSL_TRY(rsl_own_way(k, &ways->own, scratch));
    return ways->own ? RSL_OK : make_way(k, true, &ways->direct, scratch);
}

int rsl_dnnl_qlinear_conv(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct qlinear_conv k = {.rq = rq, .call = rq->call};
    const struct rsl_tensor *const *in = rq->call->in;
    struct qlinear_ways ways = {0};
    size_t scratch = 0;
    RSL_TRY(rsl_conv_geometry(&k.g, rq->call, RSL_QLINEAR_X, RSL_QLINEAR_W));
    RSL_TRY(rsl_qlinear_end(&k.end, rq->call, k.g.out_channels, &rq->call->out[0]->shape));
    if (!rsl_dnnl_exact_products() || k.g.window.rank > 3 || !in[RSL_QLINEAR_MULTIPLIER]->data ||
        !describe(&k))
        return RSL_OK;
    int rc = make_ways(&k, &ways, &scratch);
    if (rc == RSL_OK && ways.split) {
        for (int i = RSL_QLINEAR_W; i < rq->call->n_in && i < RSL_QLINEAR_RESIDUAL; i++)
            rq->in_layout[i] = NULL;
        rq->scratch = scratch;
        rc = rsl_dnnl_qlinear_kernel(rq, k.g.out_channels, &ways, kernel);
    }
    if (rc < 0) rsl_dnnl_qlinear_free(&ways);
    return rc;
}
