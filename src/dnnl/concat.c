/* Concat of tensors that already are in layouts of ours (the branches of Inception); plain ones are
 * left to the reference, which copies runs. */
#include "dnnl/dnnl_int.h"

enum { MOST_INPUTS = 6 };

static int build(struct rsl_kernel_request *rq, struct seq *s, dnnl_primitive_desc_t pd,
                 const dnnl_memory_desc_t *have) {
    struct seq_arg args[MOST_INPUTS + 1];
    int n = rq->call->n_in;
    for (int i = 0; i < n; i++) {
        int m = rsl_seq_in(s, i, &have[i]);
        if (m < 0) return m;
        args[i] = (struct seq_arg){DNNL_ARG_MULTIPLE_SRC + i, m};
    }
    int y = rsl_seq_give(s, rq, 0, dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0));
    if (y < 0) return y;
    args[n] = (struct seq_arg){DNNL_ARG_DST, y};
    RSL_TRY(rsl_seq_add(s, pd, args, n + 1));
    return rsl_seq_name(s, rq->arena, pd);
}

int rsl_dnnl_concat(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t have[MOST_INPUTS], out;
    int64_t axis = rsl_node_int(c->node, "axis", 1);
    int rank = c->in[0]->shape.rank;
    if (axis < 0) axis += rank;
    if (c->n_in < 1 || c->n_in > MOST_INPUTS) return RSL_OK;
    for (int i = 0; i < c->n_in; i++)
        if (!rsl_dnnl_own_layout(rq->in_layout[i]) ||
            !rsl_dnnl_describe(c->in[i], rq->in_layout[i], &have[i]) ||
            have[i].data_type != have[0].data_type)
            return RSL_OK;
    if (!rsl_dnnl_channels_last(&c->out[0]->shape, have[0].data_type, &out)) return RSL_OK;
    dnnl_primitive_attr_t attr = rsl_dnnl_attr();
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = dnnl_concat_primitive_desc_create(&pd, &out, c->n_in, (int)axis, have,
                                                             attr, rsl_dnnl_engine());
    dnnl_primitive_attr_destroy(attr);
    if (status != dnnl_success) return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build(rq, s, pd, have), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(pd);
    return rc;
}
