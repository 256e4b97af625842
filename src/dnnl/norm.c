/* BatchNormalization with given statistics, where it was not folded away. */
#include "dnnl/dnnl_int.h"

static int build(struct rsl_kernel_request *rq, struct seq *s, dnnl_primitive_desc_t pd,
                 const dnnl_memory_desc_t *x, const dnnl_memory_desc_t *channel) {
    static const int names[5] = {DNNL_ARG_SRC, DNNL_ARG_SCALE, DNNL_ARG_SHIFT, DNNL_ARG_MEAN,
                                 DNNL_ARG_VARIANCE};
    struct seq_arg args[6];
    for (int i = 0; i < 5; i++) {
        int m = rsl_seq_in(s, i, i == 0 ? x : channel);
        if (m < 0) return m;
        args[i] = (struct seq_arg){names[i], m};
    }
    int y = rsl_seq_give(s, rq, 0, x);
    if (y < 0) return y;
    args[5] = (struct seq_arg){DNNL_ARG_DST, y};
    RSL_TRY(rsl_seq_add(s, pd, args, 6));
    return rsl_seq_name(s, rq->arena, pd);
}

int rsl_dnnl_batch_norm(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    const struct rsl_node *n = c->node;
    if (rsl_node_int(n, "training_mode", 0) || !rsl_node_int(n, "spatial", 1) ||
        c->in[0]->shape.rank < 3 || c->in[0]->shape.rank > 5)
        return RSL_OK;
    for (int i = 1; i < 5; i++)
        if (c->in[i]->dtype != RSL_f32 || rq->in_layout[i]) return RSL_OK;
    for (int i = 1; i < c->n_out; i++)
        if (c->out[i]) return RSL_OK;
    dnnl_memory_desc_t x, channel;
    dnnl_dims_t channels = {c->in[0]->shape.dim[1]};
    if (!rsl_dnnl_describe(c->in[0], rq->in_layout[0], &x)) return RSL_OK;
    dnnl_memory_desc_init_by_tag(&channel, 1, channels, dnnl_f32, dnnl_a);
    dnnl_batch_normalization_desc_t op;
    dnnl_primitive_desc_t pd;
    if (dnnl_batch_normalization_forward_desc_init(
            &op, dnnl_forward_inference, &x, rsl_node_float(n, "epsilon", 1e-5F),
            dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift) != dnnl_success)
        return RSL_OK;
    if (!rsl_dnnl_create(&pd, &op, NULL)) return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build(rq, s, pd, &x, &channel), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(pd);
    return rc;
}
