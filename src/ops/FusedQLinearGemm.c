/* FusedQLinearGemm (domain resile): a linear layer of 8-bit integers, X [N,K] times W [K,M], or
 * [M,K] with transB, with all that follows it; fused_qlinear.h says what is computed. */
#include "ops/fused_qlinear.h"
#include "ops/matrix_product.h"

struct gemm {
    int64_t rows, columns, inner;
    bool transposed;
};

static int read(const struct rsl_call *c, struct gemm *g) {
    RSL_TRY(rsl_need_rank(c, RSL_QLINEAR_X, 2, 2));
    RSL_TRY(rsl_need_rank(c, RSL_QLINEAR_W, 2, 2));
    const struct rsl_shape *x = &c->in[RSL_QLINEAR_X]->shape, *w = &c->in[RSL_QLINEAR_W]->shape;
    g->transposed = rsl_node_int(c->node, "transB", 0) != 0;
    g->rows = x->dim[0];
    g->inner = x->dim[1];
    g->columns = w->dim[g->transposed ? 0 : 1];
    if (w->dim[g->transposed ? 1 : 0] == g->inner) return RSL_OK;
    char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "input 0 has shape %s, input 1 has shape %s: they do not fit",
                    rsl_shape_text(x, a), rsl_shape_text(w, b));
}

static int infer(struct rsl_call *c) {
    struct gemm g;
    struct rsl_qlinear_end e;
    RSL_TRY(read(c, &g));
    struct rsl_shape out = {2, {g.rows, g.columns}};
    RSL_TRY(rsl_qlinear_end(&e, c, g.columns, &out));
    return rsl_set_out(c, 0, e.to, &out);
}

static int forward(const struct rsl_call *c) {
    struct gemm g;
    struct rsl_qlinear_end e;
    RSL_TRY(read(c, &g));
    RSL_TRY(rsl_qlinear_end(&e, c, g.columns, &c->out[0]->shape));
    const struct rsl_tensor *x = c->in[RSL_QLINEAR_X], *zero = rsl_input(c, RSL_QLINEAR_ZERO);
    const int8_t *w = c->in[RSL_QLINEAR_W]->data;
    for (int64_t n = 0; n < g.rows; n++)
        for (int64_t m = 0; m < g.columns; m++) {
            int64_t z = zero ? ((const int32_t *)zero->data)[m] : 0;
            double sum = 0;
            for (int64_t k = 0; k < g.inner; k++) {
                int64_t at = g.transposed ? m * g.inner + k : k * g.columns + m;
                sum += (double)(rsl_tensor_int(x, n * g.inner + k) * (w[at] - z));
            }
            rsl_qlinear_finish(&e, c, m, n * g.columns + m, 1, &sum);
        }
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct gemm g;
    return read(c, &g) < 0 ? 0 : rsl_macs(g.rows, g.columns, g.inner);
}

const struct rsl_op rsl_op_FusedQLinearGemm = {
    .name = "FusedQLinearGemm",
    .domain = "resile",
    .in_min = 3,
    .in_max = 6,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
