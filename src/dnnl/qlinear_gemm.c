/* FusedQLinearGemm: the products on oneDNN's inner product of 8-bit integers, then our own pass. */
#include "base/status.h"
#include "dnnl/qlinear.h"

struct layer {
    struct rsl_kernel_request *rq;
    const struct rsl_call *call;
    int64_t rows, columns, inner;
    dnnl_memory_desc_t x, w, sums;
    dnnl_primitive_desc_t pd;
};

struct rows {
    int64_t n, inner;
    bool is_signed;
};

/* A seq_function: data = {totals [n], x [n, inner]}. */
static void sum_rows(const void *context, void *const *data) {
    const struct rows *k = context;
    for (int64_t i = 0; i < k->n; i++) {
        const char *row = (const char *)data[1] + i * k->inner;
        int32_t sum = 0;
        for (int64_t j = 0; j < k->inner; j++)
            sum += k->is_signed ? ((const int8_t *)row)[j] : ((const uint8_t *)row)[j];
        ((int32_t *)data[0])[i] = sum;
    }
}

static bool create(struct layer *k) {
    dnnl_data_type_t type;
    dnnl_memory_desc_t w;
    dnnl_inner_product_desc_t op;
    bool trans = rsl_node_int(k->call->node, "transB", 0) != 0;
    struct rsl_shape y = {2, {k->rows, k->columns}}, weights = {2, {k->columns, k->inner}};
    dnnl_dims_t dims = {k->columns, k->inner},
                strides = {trans ? k->inner : 1, trans ? 1 : k->columns};
    if (!rsl_dnnl_type(k->call->in[0]->dtype, &type) ||
        !rsl_dnnl_plain_as(&k->call->in[0]->shape, type, &k->x) ||
        !rsl_dnnl_plain_as(&y, dnnl_s32, &k->sums) ||
        dnnl_memory_desc_init_by_strides(&k->w, 2, dims, dnnl_s8, strides) != dnnl_success)
        return false;
    rsl_dnnl_any(&weights, dnnl_s8, &w);
    if (dnnl_inner_product_forward_desc_init(&op, dnnl_forward_inference, &k->x, &w, NULL,
                                             &k->sums) != dnnl_success)
        return false;
    return rsl_dnnl_create(&k->pd, &op, NULL);
}

static int add_totals(const struct layer *k, struct seq *s, int x) {
    struct rows rows = {k->rows, k->inner, k->x.data_type == dnnl_s8};
    struct rows *own = rsl_arena_memdup(k->rq->arena, &rows, sizeof rows);
    struct rsl_shape shape = {1, {k->rows}};
    dnnl_memory_desc_t md;
    if (!own) return RSL_ENOMEM;
    if (!rsl_dnnl_plain_as(&shape, dnnl_s32, &md))
        return rsl_fail(RSL_EINTERNAL, "the totals cannot be described");
    int totals = rsl_seq_scratch(s, &md);
    RSL_TRY(totals);
    RSL_TRY(rsl_seq_function(s, sum_rows, own, (const int[]){totals, x}, 2, false));
    return totals;
}

static int build(const struct layer *k, const struct rsl_qlinear_end *end, struct seq *s) {
    const struct rsl_call *c = k->call;
    struct qlinear_finish f = {.end = *end, .rows = k->rows, .channels = k->columns, .groups = 1};
    struct rsl_shape out = {2, {k->rows, k->columns}};
    dnnl_memory_desc_t md;
    dnnl_data_type_t type = dnnl_u8;
    int x, w, y, sums, totals = RSL_ABSENT, z = RSL_ABSENT;
    rsl_dnnl_type(end->to, &type);
    rsl_dnnl_plain_as(&out, type, &md);
    RSL_TRY(x = rsl_seq_in(s, RSL_QLINEAR_X, &k->x));
    RSL_TRY(w = rsl_seq_take(s, c, RSL_QLINEAR_W, &k->w,
                             dnnl_primitive_desc_query_md(k->pd, dnnl_query_weights_md, 0)));
    RSL_TRY(y = rsl_seq_out(s, 0, &md));
    RSL_TRY(sums = rsl_seq_scratch(s, &k->sums));
    if (end->residual) {
        rsl_dnnl_type(c->in[RSL_QLINEAR_RESIDUAL]->dtype, &f.z);
        rsl_dnnl_plain_as(&out, f.z, &md);
        RSL_TRY(z = rsl_seq_in(s, RSL_QLINEAR_RESIDUAL, &md));
    }
    const struct seq_arg args[] = {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, sums}};
    RSL_TRY(rsl_seq_add(s, k->pd, args, 3));
    if (rsl_input(c, RSL_QLINEAR_ZERO)) RSL_TRY(totals = add_totals(k, s, x));
    RSL_TRY(rsl_dnnl_qlinear_end(s, c, &f, k->rq->arena, sums, y, z, totals));
    return rsl_seq_name(s, k->rq->arena, k->pd);
}

int rsl_dnnl_qlinear_gemm(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    const struct rsl_shape *y = &c->out[0]->shape;
    struct layer k = {.rq = rq,
                      .call = c,
                      .rows = y->dim[0],
                      .columns = y->dim[1],
                      .inner = c->in[RSL_QLINEAR_X]->shape.dim[1]};
    struct rsl_qlinear_end end;
    struct qlinear_ways ways = {0};
    struct rsl_kernel *unused;
    RSL_TRY(rsl_qlinear_end(&end, c, k.columns, y));
    if (!rsl_dnnl_exact_products() || !c->in[RSL_QLINEAR_MULTIPLIER]->data || !create(&k))
        return RSL_OK;
    for (int i = 0; i < c->n_in; i++) rq->in_layout[i] = NULL;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build(&k, &end, s), rq, &unused) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(k.pd);
    if (rc < 0) return rc;
    ways.split = s;
    rc = rsl_dnnl_qlinear_kernel(rq, k.columns, &ways, kernel);
    if (rc < 0) rsl_dnnl_qlinear_free(&ways);
    return rc;
}
