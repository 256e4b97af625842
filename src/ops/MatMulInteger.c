/* MatMulInteger: (A - a_zero_point) (B - b_zero_point) into 32-bit integers, which wrap.
 * a_zero_point may be one per row of A, b_zero_point one per column of B. */
#include "ops/integer_operands.h"

enum { A, B, A_ZERO, B_ZERO };

static int infer(struct rsl_call *c) {
    struct rsl_matmul m;
    for (int i = A; i < c->n_in; i++) RSL_TRY(rsl_need_dtype(c, i, "u8 i8"));
    RSL_TRY(rsl_matmul_layout(&m, c, A, B));
    RSL_TRY(rsl_need_parameter(c, A_ZERO, m.rows, m.matrices_a));
    RSL_TRY(rsl_need_parameter(c, B_ZERO, m.columns, m.matrices_b));
    c->scratch_size = rsl_matmul_scratch(&m);
    return rsl_set_out(c, 0, RSL_i32, &m.out);
}

static void subtract_zero(const struct rsl_call *c, int input, int64_t p, union rsl_number *v,
                          int64_t rows, int64_t columns) {
    rsl_subtract_zero(c, input == A ? A_ZERO : B_ZERO, input == A, p, v, rows, columns);
}

static int forward(const struct rsl_call *c) {
    struct rsl_matmul m;
    RSL_TRY(rsl_matmul_layout(&m, c, A, B));
    rsl_matmul_run(c, &m, A, B, &(struct rsl_matmul_hooks){.operand = subtract_zero});
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_matmul m;
    return rsl_matmul_layout(&m, c, A, B) < 0 ? 0 : rsl_matmul_macs(&m);
}

const struct rsl_op rsl_op_MatMulInteger = {
    .name = "MatMulInteger",
    .domain = "",
    .since = 10,
    .in_min = 2,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
