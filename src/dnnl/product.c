/* Gemm with constant weights on oneDNN's inner product; Gemm of variables and MatMul on its matmul.
 */
#include "dnnl/dnnl_int.h"

/* ---- Gemm: Y [M,N] = A [M,K] * B' + C with a constant B ---- */

struct gemm {
    struct rsl_kernel_request *rq;
    const struct rsl_call *call;
    int64_t m, n, k;
    bool bias, trans_b;
    dnnl_memory_desc_t have_b, have_c;
    dnnl_primitive_desc_t pd;
};

/* No factors, and C, if there is one, is a bias per column. */
static bool is_plain(const struct gemm *g) {
    const struct rsl_call *c = g->call;
    if (rsl_node_float(c->node, "alpha", 1) != 1) return false;
    if (!g->bias) return true;
    const struct rsl_shape *s = &c->in[2]->shape;
    return rsl_node_float(c->node, "beta", 1) == 1 && rsl_shape_count(s) == g->n && s->rank >= 1 &&
           s->dim[s->rank - 1] == g->n;
}

/* The forms that an inner product computes: plain A, constant B. */
static bool fits(const struct gemm *g) {
    return is_plain(g) && !rsl_node_int(g->call->node, "transA", 0) && g->call->in[1]->data;
}

static bool create(struct gemm *g) {
    dnnl_data_type_t type = g->rq->compute == RSL_MODE_BF16 ? dnnl_bf16 : dnnl_f32;
    dnnl_dims_t weights = {g->n, g->k}, columns = {g->n}, rows_first = {g->k, 1},
                columns_first = {1, g->n};
    const dnnl_dim_t *strides = g->trans_b ? rows_first : columns_first;
    struct rsl_shape a = {2, {g->m, g->k}}, y = {2, {g->m, g->n}};
    dnnl_memory_desc_t x, w, d;
    rsl_dnnl_any(&a, type, &x);
    if (!rsl_dnnl_plain(&y, &d)) return false;
    dnnl_memory_desc_init_by_tag(&w, 2, weights, type, dnnl_format_tag_any);
    if (dnnl_memory_desc_init_by_strides(&g->have_b, 2, weights, dnnl_f32, strides)) return false;
    dnnl_memory_desc_init_by_tag(&g->have_c, 1, columns, dnnl_f32, dnnl_a);
    dnnl_inner_product_desc_t op;
    if (dnnl_inner_product_forward_desc_init(&op, dnnl_forward_inference, &x, &w,
                                             g->bias ? &g->have_c : NULL, &d) != dnnl_success)
        return false;
    return rsl_dnnl_create(&g->pd, &op, NULL);
}

static int build_gemm(struct gemm *g, struct seq *s, const dnnl_memory_desc_t *have_a) {
    int x = rsl_seq_take(s, g->call, 0, have_a,
                         dnnl_primitive_desc_query_md(g->pd, dnnl_query_src_md, 0));
    if (x < 0) return x;
    int w = rsl_seq_take(s, g->call, 1, &g->have_b,
                         dnnl_primitive_desc_query_md(g->pd, dnnl_query_weights_md, 0));
    if (w < 0) return w;
    int y = rsl_seq_give(s, g->rq, 0, dnnl_primitive_desc_query_md(g->pd, dnnl_query_dst_md, 0));
    if (y < 0) return y;
    struct seq_arg args[4] = {
        {DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}, {DNNL_ARG_BIAS, 0}};
    if (g->bias) {
        args[3].memory = rsl_seq_in(s, 2, &g->have_c);
        if (args[3].memory < 0) return args[3].memory;
    }
    RSL_TRY(rsl_seq_add(s, g->pd, args, g->bias ? 4 : 3));
    return rsl_seq_name(s, g->rq->arena, g->pd);
}

/* ---- Gemm of two variables, either transposed, as training has them ---- */

struct product {
    dnnl_memory_desc_t a, b, y, bias;
    bool has_bias;
    dnnl_primitive_desc_t pd;
};

/* A matrix stored as it is or transposed. */
static void matrix(dnnl_memory_desc_t *md, int64_t rows, int64_t columns, bool transposed) {
    dnnl_dims_t dims = {rows, columns}, strides = {transposed ? 1 : columns, transposed ? rows : 1};
    dnnl_memory_desc_init_by_strides(md, 2, dims, dnnl_f32, strides);
}

static bool create_product(const struct rsl_kernel_request *rq, const struct gemm *g,
                           struct product *p) {
    const struct rsl_call *c = rq->call;
    if (!is_plain(g)) return false;
    matrix(&p->a, g->m, g->k, rsl_node_int(c->node, "transA", 0) != 0);
    matrix(&p->b, g->k, g->n, g->trans_b);
    matrix(&p->y, g->m, g->n, false);
    matrix(&p->bias, 1, g->n, false);
    p->has_bias = g->bias;
    dnnl_memory_desc_t a = p->a, b = p->b;
    if (rq->compute == RSL_MODE_BF16) {
        a.data_type = b.data_type = dnnl_bf16;
        dnnl_dims_t da = {g->m, g->k}, db = {g->k, g->n};
        dnnl_memory_desc_init_by_tag(&a, 2, da, dnnl_bf16, dnnl_format_tag_any);
        dnnl_memory_desc_init_by_tag(&b, 2, db, dnnl_bf16, dnnl_format_tag_any);
    }
    dnnl_matmul_desc_t op;
    if (dnnl_matmul_desc_init(&op, &a, &b, g->bias ? &p->bias : NULL, &p->y) != dnnl_success)
        return false;
    return rsl_dnnl_create(&p->pd, &op, NULL);
}

static int build_product(struct rsl_kernel_request *rq, const struct product *p, struct seq *s) {
    const struct rsl_call *c = rq->call;
    int a = rsl_seq_take(s, c, 0, &p->a, dnnl_primitive_desc_query_md(p->pd, dnnl_query_src_md, 0));
    if (a < 0) return a;
    int b =
        rsl_seq_take(s, c, 1, &p->b, dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0));
    if (b < 0) return b;
    struct seq_arg args[4] = {
        {DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, rsl_seq_out(s, 0, &p->y)}};
    if (args[2].memory < 0) return args[2].memory;
    if (p->has_bias) {
        args[3] = (struct seq_arg){DNNL_ARG_BIAS, rsl_seq_in(s, 2, &p->bias)};
        if (args[3].memory < 0) return args[3].memory;
    }
    RSL_TRY(rsl_seq_add(s, p->pd, args, p->has_bias ? 4 : 3));
    return rsl_seq_name(s, rq->arena, p->pd);
}

static int offer_product(struct rsl_kernel_request *rq, const struct gemm *g,
                         struct rsl_kernel **kernel) {
    struct product p;
    for (int i = 0; i < rq->call->n_in; i++) rq->in_layout[i] = NULL;
    if (!create_product(rq, g, &p)) return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build_product(rq, &p, s), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(p.pd);
    return rc;
}

int rsl_dnnl_gemm(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct gemm g = {.rq = rq, .call = c, .bias = c->n_in > 2 && c->in[2]};
    g.trans_b = rsl_node_int(c->node, "transB", 0) != 0;
    g.m = c->out[0]->shape.dim[0];
    g.n = c->out[0]->shape.dim[1];
    g.k = c->in[0]->shape.dim[rsl_node_int(c->node, "transA", 0) ? 0 : 1];
    dnnl_memory_desc_t have_a;
    if (!c->in[1]->data) return offer_product(rq, &g, kernel);
    if (!fits(&g) || rq->in_layout[1] || !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have_a) ||
        !create(&g))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build_gemm(&g, s, &have_a), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(g.pd);
    return rc;
}

/* ---- MatMul of two tensors of rank 2 to 6, batch dimensions broadcast ---- */

/* The shape with ones put in front up to the rank of the result. */
static struct rsl_shape widened(const struct rsl_shape *s, int rank) {
    struct rsl_shape w = {.rank = rank};
    for (int i = 0; i < rank; i++) {
        int from = i - (rank - s->rank);
        w.dim[i] = from < 0 ? 1 : s->dim[from];
    }
    return w;
}

static int build_matmul(struct rsl_kernel_request *rq, struct seq *s, dnnl_primitive_desc_t pd,
                        const dnnl_memory_desc_t *a, const dnnl_memory_desc_t *b) {
    int x = rsl_seq_in(s, 0, a);
    if (x < 0) return x;
    int w =
        rsl_seq_take(s, rq->call, 1, b, dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0));
    if (w < 0) return w;
    int y = rsl_seq_out(s, 0, dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0));
    if (y < 0) return y;
    const struct seq_arg args[] = {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}};
    RSL_TRY(rsl_seq_add(s, pd, args, 3));
    return rsl_seq_name(s, rq->arena, pd);
}

int rsl_dnnl_matmul(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    int rank = c->out[0]->shape.rank;
    if (c->in[0]->shape.rank < 2 || c->in[1]->shape.rank < 2 || rank > 6) return RSL_OK;
    if (c->in[1]->dtype != RSL_f32) return RSL_OK;
    struct rsl_shape sa = widened(&c->in[0]->shape, rank), sb = widened(&c->in[1]->shape, rank);
    dnnl_memory_desc_t a, b, d, any;
    if (!rsl_dnnl_plain(&sa, &a) || !rsl_dnnl_plain(&sb, &b) ||
        !rsl_dnnl_plain(&c->out[0]->shape, &d))
        return RSL_OK;
    rsl_dnnl_any(&sb, dnnl_f32, &any);
    dnnl_matmul_desc_t op;
    dnnl_primitive_desc_t pd;
    if (dnnl_matmul_desc_init(&op, &a, c->in[1]->data ? &any : &b, NULL, &d) != dnnl_success)
        return RSL_OK;
    if (!rsl_dnnl_create(&pd, &op, NULL)) return RSL_OK;
    rq->in_layout[0] = rq->in_layout[1] = NULL;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build_matmul(rq, s, pd, &a, &b), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(pd);
    return rc;
}
