/* AveragePool, GlobalAveragePool and their gradient on oneDNN's pooling. */
#include "dnnl/lanes.h"
#include "ops/pool_gradient.h"

struct average {
    dnnl_dims_t kernel, strides, dilation, begin, end;
    dnnl_alg_kind_t algorithm;
};

/* From the window; false for what oneDNN does not do. */
static bool describe(const struct rsl_call *c, const struct rsl_pool_geometry *g,
                     struct average *a) {
    const struct rsl_window *w = &g->window;
    *a = (struct average){.algorithm = rsl_node_int(c->node, "count_include_pad", 0)
                                           ? dnnl_pooling_avg_include_padding
                                           : dnnl_pooling_avg_exclude_padding};
    if (w->rank > 3 || !rsl_pool_holds_pixels(g)) return false;
    for (int d = 0; d < w->rank; d++) {
        int64_t room = w->in[d] + w->pad_begin[d] + w->pad_end[d] - rsl_window_reach(w, d);
        if (w->out[d] != room / w->stride[d] + 1) return false; /* cut-off windows of ceil_mode */
        a->kernel[d] = w->kernel[d];
        a->strides[d] = w->stride[d];
        a->dilation[d] = w->dilation[d] - 1;
        a->begin[d] = w->pad_begin[d];
        a->end[d] = w->pad_end[d];
    }
    return true;
}

static int offer(struct rsl_kernel_request *rq, const struct average *a,
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
    if (!rsl_dnnl_create(&pd, &op, NULL)) return RSL_OK;
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
    struct rsl_pool_geometry g;
    struct average a;
    RSL_TRY(rsl_pool_geometry(&g, rq->call));
    return describe(rq->call, &g, &a) ? offer(rq, &a, kernel) : RSL_OK;
}

int rsl_dnnl_global_average_pool(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_shape *s = &rq->call->in[0]->shape;
    struct average a = {.algorithm = dnnl_pooling_avg_exclude_padding};
    if (s->rank < 3 || s->rank > 5) return RSL_OK;
    for (int d = 2; d < s->rank; d++) {
        a.kernel[d - 2] = s->dim[d];
        a.strides[d - 2] = 1;
    }
    return offer(rq, &a, kernel);
}

/* ---- the gradient ---- */

/* Both in the blocked layout, in which the way back through convolutions is fast. */
static bool create_backward(const struct average *a, const dnnl_memory_desc_t *dx,
                            const dnnl_memory_desc_t *dy, dnnl_primitive_desc_t *pd) {
    dnnl_pooling_v2_desc_t forward, backward;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status =
        dnnl_pooling_v2_forward_desc_init(&forward, dnnl_forward_training, a->algorithm, dx, dy,
                                          a->strides, a->kernel, a->dilation, a->begin, a->end);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &forward, NULL, rsl_dnnl_engine(), NULL);
    if (status == dnnl_success)
        status = dnnl_pooling_v2_backward_desc_init(&backward, a->algorithm, dx, dy, a->strides,
                                                    a->kernel, a->dilation, a->begin, a->end);
    bool made = status == dnnl_success && rsl_dnnl_create(pd, &backward, hint);
    if (hint) dnnl_primitive_desc_destroy(hint);
    return made;
}

int rsl_dnnl_average_pool_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct rsl_pool_geometry g;
    struct rsl_shape x;
    struct average a;
    dnnl_memory_desc_t have, dx, dy;
    dnnl_primitive_desc_t pd;
    RSL_TRY(rsl_need_shape(c, &x));
    RSL_TRY(rsl_pool_grad_geometry(&g, c, &x));
    if (!describe(c, &g, &a) || !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !rsl_dnnl_blocked(&x, have.data_type, &dx) ||
        !rsl_dnnl_blocked(&c->in[0]->shape, have.data_type, &dy) ||
        !create_backward(&a, &dx, &dy, &pd))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int in = s ? rsl_seq_take(s, c, 0, &have, &dy) : RSL_ENOMEM;
    int out = in < 0 ? in : rsl_seq_give(s, rq, 0, &dx);
    int rc = out;
    if (rc >= 0)
        rc = rsl_seq_add(
            s, pd, (const struct seq_arg[]){{DNNL_ARG_DIFF_DST, in}, {DNNL_ARG_DIFF_SRC, out}}, 2);
    if (rc >= 0) rc = rsl_seq_name(s, rq->arena, pd);
    dnnl_primitive_desc_destroy(pd);
    return s ? rsl_seq_done(s, rc, rq, kernel) : RSL_ENOMEM;
}
