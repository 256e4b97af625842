/* The reference matrix product, shared by MatMul, Gemm and their integer variants.
 *
 * Floats are multiplied and summed in double, k ascending, starting from 0, and rounded once when
 * stored: an oracle for kernels that sum in float in any order. Integers are multiplied modulo
 * 2^64, which gives the wrapped result of any narrower type too. */
#ifndef RSL_OPS_MATRIX_PRODUCT_H
#define RSL_OPS_MATRIX_PRODUCT_H

#include "ops/op.h"

/* One element of a matrix product's scratch; which one is used follows from the dtype. */
union rsl_number {
    double d;
    uint64_t u;
};

/* rows*inner*columns, or INT64_MAX when that is more; factors are >= 0. */
int64_t rsl_macs(int64_t rows, int64_t columns, int64_t inner);

/* Elements first..first+n of t, `d` for floats, `u` modulo 2^64 for integers. */
void rsl_number_load(const struct rsl_tensor *t, int64_t first, int64_t n, union rsl_number *out);
/* Rounds (floats) or wraps (integers) to t's type. */
void rsl_number_store(const union rsl_number *v, struct rsl_tensor *t, int64_t first, int64_t n);

/* How a batched product with NumPy's rules for ranks and broadcasting is laid out. */
struct rsl_matmul {
    int64_t rows, columns, inner;                           /* [rows,inner] x [inner,columns] */
    int64_t matrices_a, matrices_b;                         /* before broadcasting */
    struct rsl_shape batch;                                 /* broadcast leading axes */
    int64_t stride_a[RSL_MAX_RANK], stride_b[RSL_MAX_RANK]; /* per batch axis, in matrices */
    struct rsl_shape out;
};

/* Refuses inputs a and b of the call that cannot be multiplied. */
int rsl_matmul_layout(struct rsl_matmul *m, const struct rsl_call *c, int a, int b);
/* Scratch for one pair of matrices and one row of results. */
size_t rsl_matmul_scratch(const struct rsl_matmul *m);
int64_t rsl_matmul_macs(const struct rsl_matmul *m);

/* Hooks for operators that treat the operands or the results in their own way; each may be NULL.
 * operand: matrix p of input a or b has just been loaded. result: a row of the output has just been
 * computed, from row `row_a` (counted over all matrices of a) and matrix `matrix_b` of b. */
struct rsl_matmul_hooks {
    void (*operand)(const struct rsl_call *c, int input, int64_t p, union rsl_number *v,
                    int64_t rows, int64_t columns);
    void (*result)(const struct rsl_call *c, int64_t row_a, int64_t matrix_b, union rsl_number *v,
                   int64_t columns);
};
void rsl_matmul_run(const struct rsl_call *c, const struct rsl_matmul *m, int a, int b,
                    const struct rsl_matmul_hooks *hooks);

/* y[j] = sum over k of a[k*stride_a] * b[k*stride_k + j*stride_j], in double or modulo 2^64. */
void rsl_matmul_row(bool floats, int64_t columns, int64_t inner, const union rsl_number *a,
                    int64_t stride_a, const union rsl_number *b, int64_t stride_k, int64_t stride_j,
                    union rsl_number *y);

#endif
