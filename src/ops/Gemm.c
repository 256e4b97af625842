/* Gemm: Y = alpha A' B' + beta C, with A' = A or its transpose, B' likewise, and C broadcast to Y.
 *
 * Floats are computed in double and rounded once. Integers wrap; they take integral alpha and beta
 * only. C may be left out from opset 11 on. */
#include "graph/gradient.h"
#include "ops/matrix_product.h"

#include <inttypes.h>
#include <math.h>

struct gemm {
    int64_t rows, columns, inner;
    int64_t a_row, a_inner, b_inner, b_column; /* element strides */
    int64_t c_stride[RSL_MAX_RANK];            /* of C over Y; unset without C */
    float alpha, beta;
};

static int layout(struct gemm *g, const struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 2, 2));
    RSL_TRY(rsl_need_rank(c, 1, 2, 2));
    bool ta = rsl_node_int(c->node, "transA", 0) != 0;
    bool tb = rsl_node_int(c->node, "transB", 0) != 0;
    const struct rsl_shape *a = &c->in[0]->shape, *b = &c->in[1]->shape;
    *g = (struct gemm){.rows = a->dim[ta],
                       .inner = a->dim[!ta],
                       .columns = b->dim[!tb],
                       .a_row = ta ? 1 : a->dim[1],
                       .a_inner = ta ? a->dim[1] : 1,
                       .b_inner = tb ? 1 : b->dim[1],
                       .b_column = tb ? b->dim[1] : 1,
                       .alpha = rsl_node_float(c->node, "alpha", 1),
                       .beta = rsl_node_float(c->node, "beta", 1)};
    char at[RSL_SHAPE_TEXT], bt[RSL_SHAPE_TEXT];
    if (b->dim[tb] != g->inner)
        return rsl_fail(RSL_ESHAPE, "A%s of shape %s and B%s of shape %s cannot be multiplied",
                        ta ? " (transposed)" : "", rsl_shape_text(a, at), tb ? " (transposed)" : "",
                        rsl_shape_text(b, bt));
    struct rsl_shape y = {.rank = 2, .dim = {g->rows, g->columns}};
    RSL_TRY(rsl_shape_check(&y));
    if (c->n_in < 3 || !c->in[2]) return RSL_OK;
    struct rsl_shape both;
    const struct rsl_shape *bias = &c->in[2]->shape;
    if (rsl_broadcast(bias, &y, &both) < 0 || !rsl_shape_equal(&both, &y))
        return rsl_fail(RSL_ESHAPE, "C of shape %s cannot be broadcast to the product's shape %s",
                        rsl_shape_text(bias, at), rsl_shape_text(&y, bt));
    rsl_broadcast_strides(bias, &y, g->c_stride);
    return RSL_OK;
}

static bool integral(float f) {
    return fabsf(f) < 0x1p31F && f == rintf(f);
}

static int infer(struct rsl_call *c) {
    struct gemm g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i32 i64 u32 u64"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    if (c->opset < 11 && (c->n_in < 3 || !c->in[2]))
        return rsl_fail(RSL_ESHAPE, "input 2 (C) is required before opset 11");
    RSL_TRY(layout(&g, c));
    if (!rsl_dtype_is_float((int)c->in[0]->dtype) && (!integral(g.alpha) || !integral(g.beta)))
        return rsl_fail(RSL_EUNSUPPORTED, "integer matrices with alpha %g and beta %g",
                        (double)g.alpha, (double)g.beta);
    struct rsl_shape y = {.rank = 2, .dim = {g.rows, g.columns}};
    c->scratch_size =
        (size_t)(g.rows * g.inner + g.inner * g.columns + g.columns) * sizeof(union rsl_number);
    return rsl_set_out(c, 0, c->in[0]->dtype, &y);
}

/* One row of Y: alpha * product + beta * C. */
static void add_bias(const struct rsl_call *c, const struct gemm *g, bool floats, int64_t r,
                     union rsl_number *row) {
    const struct rsl_tensor *bias = c->n_in > 2 ? c->in[2] : NULL;
    for (int64_t j = 0; j < g->columns; j++) {
        union rsl_number b = {.u = 0}; /* 0.0 as well */
        if (bias) rsl_number_load(bias, r * g->c_stride[0] + j * g->c_stride[1], 1, &b);
        if (floats)
            row[j].d = (double)g->alpha * row[j].d + (bias ? (double)g->beta * b.d : 0);
        else
            row[j].u = (uint64_t)(int64_t)g->alpha * row[j].u + (uint64_t)(int64_t)g->beta * b.u;
    }
}

static int forward(const struct rsl_call *c) {
    struct gemm g;
    RSL_TRY(layout(&g, c));
    bool floats = rsl_dtype_is_float((int)c->in[0]->dtype);
    union rsl_number *a = c->scratch, *b = a + g.rows * g.inner, *row = b + g.inner * g.columns;
    rsl_number_load(c->in[0], 0, g.rows * g.inner, a);
    rsl_number_load(c->in[1], 0, g.inner * g.columns, b);
    for (int64_t r = 0; r < g.rows; r++) {
        rsl_matmul_row(floats, g.columns, g.inner, a + r * g.a_row, g.a_inner, b, g.b_inner,
                       g.b_column, row);
        add_bias(c, &g, floats, r, row);
        rsl_number_store(row, c->out[0], r * g.columns, g.columns);
    }
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct gemm g;
    return layout(&g, c) < 0 ? 0 : rsl_macs(g.rows, g.columns, g.inner);
}

static int product(struct rsl_backward *b, int left, bool trans_left, int right, bool trans_right) {
    int y = rsl_emit(b, "Gemm", 2, left, right);
    rsl_emit_int(b, "transA", trans_left);
    rsl_emit_int(b, "transB", trans_right);
    rsl_emit_float(b, "alpha", rsl_node_float(&b->node, "alpha", 1));
    return y;
}

/* dA' = alpha dY B'^T, dB' = alpha A'^T dY, each transposed where A' or B' is. */
static int gradient(struct rsl_backward *b) {
    bool ta = rsl_node_int(&b->node, "transA", 0) != 0;
    bool tb = rsl_node_int(&b->node, "transB", 0) != 0;
    int dy = b->dy[0], left = b->node.in[0], right = b->node.in[1];
    if (rsl_wanted(b, 0))
        b->dx[0] = ta ? product(b, right, tb, dy, true) : product(b, dy, false, right, !tb);
    if (rsl_wanted(b, 1))
        b->dx[1] = tb ? product(b, dy, true, left, ta) : product(b, left, !ta, dy, false);
    if (rsl_wanted(b, 2)) {
        double beta = (double)rsl_node_float(&b->node, "beta", 1);
        int sum = rsl_emit_sum_to(b, dy, 2);
        b->dx[2] = beta == 1 ? sum : rsl_emit(b, "Mul", 2, sum, rsl_emit_number(b, beta));
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_Gemm = {
    .name = "Gemm",
    .domain = "",
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
    .gradient = gradient,
};
