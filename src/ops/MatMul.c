/* MatMul: NumPy's matmul. Vectors count as a row (left) or column (right), leading axes broadcast.
 * Integers wrap. */
#include "graph/gradient.h"
#include "ops/matrix_product.h"

static int infer(struct rsl_call *c) {
    struct rsl_matmul m;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i32 i64 u32 u64"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_matmul_layout(&m, c, 0, 1));
    c->scratch_size = rsl_matmul_scratch(&m);
    return rsl_set_out(c, 0, c->in[0]->dtype, &m.out);
}

static int forward(const struct rsl_call *c) {
    struct rsl_matmul m;
    RSL_TRY(rsl_matmul_layout(&m, c, 0, 1));
    rsl_matmul_run(c, &m, 0, 1, NULL);
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_matmul m;
    return rsl_matmul_layout(&m, c, 0, 1) < 0 ? 0 : rsl_matmul_macs(&m);
}

/* With one matrix b all of a's rows are one matrix too: da = dy b', db = a' dy. */
static void gradient_of_one(struct rsl_backward *b, const struct rsl_matmul *m) {
    const int64_t rows = rsl_shape_count(&m->batch) * m->rows;
    struct rsl_shape a = {2, {rows, m->inner}}, w = {2, {m->inner, m->columns}};
    struct rsl_shape y = {2, {rows, m->columns}};
    int dy = rsl_emit_reshape(b, b->dy[0], &y);
    if (rsl_wanted(b, 0)) {
        int product = rsl_emit(b, "Gemm", 2, dy, rsl_emit_reshape(b, b->node.in[1], &w));
        rsl_emit_int(b, "transB", 1);
        b->dx[0] = rsl_emit_reshape(b, product, &rsl_backward_in(b, 0)->shape);
    }
    if (rsl_wanted(b, 1)) {
        int product = rsl_emit(b, "Gemm", 2, rsl_emit_reshape(b, b->node.in[0], &a), dy);
        rsl_emit_int(b, "transA", 1);
        b->dx[1] = rsl_emit_reshape(b, product, &rsl_backward_in(b, 1)->shape);
    }
}

/* Input i as matrices [..., rows, columns], with the last two axes exchanged. */
static int transposed(struct rsl_backward *b, int i, int64_t rows, int64_t columns) {
    int x = b->node.in[i];
    struct rsl_shape s = rsl_backward_in(b, i)->shape;
    if (s.rank == 1) {
        s = (struct rsl_shape){2, {columns, rows}};
        return rsl_emit_reshape(b, x, &s);
    }
    int64_t perm[RSL_MAX_RANK];
    for (int k = 0; k < s.rank; k++) perm[k] = k;
    perm[s.rank - 2] = s.rank - 1;
    perm[s.rank - 1] = s.rank - 2;
    int y = rsl_emit(b, "Transpose", 1, x);
    rsl_emit_ints(b, "perm", perm, (size_t)s.rank);
    return y;
}

/* What broadcasting repeated is added up: x has the batch axes and [rows, columns]. */
static int back_to(struct rsl_backward *b, int x, int i, const struct rsl_matmul *m, int64_t rows,
                   int64_t columns) {
    struct rsl_shape wide = m->batch, narrow = rsl_backward_in(b, i)->shape, given = narrow;
    wide.dim[wide.rank++] = rows;
    wide.dim[wide.rank++] = columns;
    if (narrow.rank == 1) narrow = (struct rsl_shape){2, {rows, columns}};
    int sum = rsl_emit_sum_between(b, x, &wide, &narrow);
    return given.rank == 1 ? rsl_emit_reshape(b, sum, &given) : sum;
}

static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_matmul m;
    RSL_TRY(rsl_matmul_layout(&m, rsl_backward_call(b, &again), 0, 1));
    if (m.matrices_b == 1 && m.matrices_a == rsl_shape_count(&m.batch)) {
        gradient_of_one(b, &m);
        return RSL_OK;
    }
    struct rsl_shape y = m.batch;
    y.dim[y.rank++] = m.rows;
    y.dim[y.rank++] = m.columns;
    int dy = m.out.rank == y.rank ? b->dy[0] : rsl_emit_reshape(b, b->dy[0], &y);
    if (rsl_wanted(b, 0)) {
        int product = rsl_emit(b, "MatMul", 2, dy, transposed(b, 1, m.inner, m.columns));
        b->dx[0] = back_to(b, product, 0, &m, m.rows, m.inner);
    }
    if (rsl_wanted(b, 1)) {
        int product = rsl_emit(b, "MatMul", 2, transposed(b, 0, m.rows, m.inner), dy);
        b->dx[1] = back_to(b, product, 1, &m, m.inner, m.columns);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_MatMul = {
    .name = "MatMul",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
    .gradient = gradient,
};
