/* See matrix_product.h. */
#include "ops/matrix_product.h"

#include <assert.h>

int64_t rsl_macs(int64_t rows, int64_t columns, int64_t inner) {
    double n = (double)rows * (double)columns * (double)inner;
    return n >= 0x1p62 ? INT64_MAX : rows * columns * inner;
}

void rsl_number_load(const struct rsl_tensor *t, int64_t first, int64_t n, union rsl_number *out) {
    const struct rsl_dtype_traits *traits = rsl_dtype_traits((int)t->dtype);
    const char *from = (const char *)t->data + (size_t)first * traits->bytes;
    if (traits->class == 'F')
        traits->to_double(from, &out->d, (size_t)n);
    else
        traits->to_i64(from, (int64_t *)&out->u, (size_t)n);
}

void rsl_number_store(const union rsl_number *v, struct rsl_tensor *t, int64_t first, int64_t n) {
    const struct rsl_dtype_traits *traits = rsl_dtype_traits((int)t->dtype);
    char *to = (char *)t->data + (size_t)first * traits->bytes;
    if (traits->class == 'F')
        traits->from_double(&v->d, to, (size_t)n);
    else
        traits->from_i64((const int64_t *)&v->u, to, (size_t)n);
}

/* A vector becomes a matrix: a row on the left, a column on the right (the added axis of length 1
 * is dropped from the result). */
static struct rsl_shape as_matrix(const struct rsl_shape *s, bool left) {
    if (s->rank != 1) return *s;
    struct rsl_shape m = {.rank = 2, .dim = {1, 1}};
    m.dim[left ? 1 : 0] = s->dim[0];
    return m;
}

int rsl_matmul_layout(struct rsl_matmul *m, const struct rsl_call *c, int a, int b) {
    RSL_TRY(rsl_need_rank(c, a, 1, RSL_MAX_RANK));
    RSL_TRY(rsl_need_rank(c, b, 1, RSL_MAX_RANK));
    const struct rsl_shape *given_a = &c->in[a]->shape, *given_b = &c->in[b]->shape;
    struct rsl_shape sa = as_matrix(given_a, true), sb = as_matrix(given_b, false);
    *m = (struct rsl_matmul){
        .rows = sa.dim[sa.rank - 2], .inner = sa.dim[sa.rank - 1], .columns = sb.dim[sb.rank - 1]};
    if (sb.dim[sb.rank - 2] != m->inner) {
        char ta[RSL_SHAPE_TEXT], tb[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_ESHAPE, "matrices of shapes %s and %s cannot be multiplied",
                        rsl_shape_text(given_a, ta), rsl_shape_text(given_b, tb));
    }
    sa.rank -= 2;
    sb.rank -= 2;
    m->matrices_a = rsl_shape_count(&sa);
    m->matrices_b = rsl_shape_count(&sb);
    RSL_TRY(rsl_broadcast(&sa, &sb, &m->batch));
    rsl_broadcast_strides(&sa, &m->batch, m->stride_a);
    rsl_broadcast_strides(&sb, &m->batch, m->stride_b);
    m->out = m->batch;
    if (given_a->rank > 1) m->out.dim[m->out.rank++] = m->rows;
    if (given_b->rank > 1) m->out.dim[m->out.rank++] = m->columns;
    return rsl_shape_check(&m->out);
}

size_t rsl_matmul_scratch(const struct rsl_matmul *m) {
    return (size_t)(m->rows * m->inner + m->inner * m->columns + m->columns) *
           sizeof(union rsl_number);
}

int64_t rsl_matmul_macs(const struct rsl_matmul *m) {
    return rsl_macs(rsl_shape_count(&m->batch) * m->rows, m->columns, m->inner);
}

void rsl_matmul_row(bool floats, int64_t columns, int64_t inner, const union rsl_number *a,
                    int64_t stride_a, const union rsl_number *b, int64_t stride_k, int64_t stride_j,
                    union rsl_number *y) {
    for (int64_t j = 0; j < columns; j++) {
        if (floats)
            y[j].d = 0;
        else
            y[j].u = 0;
    }
    for (int64_t k = 0; k < inner; k++) {
        const union rsl_number *row = b + k * stride_k, factor = a[k * stride_a];
        if (floats)
            for (int64_t j = 0; j < columns; j++) y[j].d += factor.d * row[j * stride_j].d;
        else
            for (int64_t j = 0; j < columns; j++) y[j].u += factor.u * row[j * stride_j].u;
    }
}

void rsl_matmul_run(const struct rsl_call *c, const struct rsl_matmul *m, int a, int b,
                    const struct rsl_matmul_hooks *hooks) {
    assert(c->scratch_size >= rsl_matmul_scratch(m));
    bool floats = rsl_dtype_is_float((int)c->in[a]->dtype);
    int64_t na = m->rows * m->inner, nb = m->inner * m->columns;
    union rsl_number *va = c->scratch, *vb = va + na, *row = vb + nb;
    int64_t matrices = rsl_shape_count(&m->batch);
    int64_t at[RSL_MAX_RANK] = {0}, pa = 0, pb = 0;
    for (int64_t p = 0; p < matrices; p++) {
        rsl_number_load(c->in[a], pa * na, na, va);
        rsl_number_load(c->in[b], pb * nb, nb, vb);
        if (hooks && hooks->operand) {
            hooks->operand(c, a, pa, va, m->rows, m->inner);
            hooks->operand(c, b, pb, vb, m->inner, m->columns);
        }
        for (int64_t r = 0; r < m->rows; r++) {
            rsl_matmul_row(floats, m->columns, m->inner, va + r * m->inner, 1, vb, m->columns, 1,
                           row);
            if (hooks && hooks->result) hooks->result(c, pa * m->rows + r, pb, row, m->columns);
            rsl_number_store(row, c->out[0], (p * m->rows + r) * m->columns, m->columns);
        }
        for (int i = m->batch.rank - 1; i >= 0; i--) { /* on to the next pair of matrices */
            pa += m->stride_a[i];
            pb += m->stride_b[i];
            if (++at[i] < m->batch.dim[i]) break;
            pa -= m->stride_a[i] * at[i];
            pb -= m->stride_b[i] * at[i];
            at[i] = 0;
        }
    }
}
