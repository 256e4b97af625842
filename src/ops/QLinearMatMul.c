/* QLinearMatMul: Y = round((A - a_zero) (B - b_zero) * a_scale * b_scale / y_scale) + y_zero,
 * rounded half to even and saturated. The parameters of A and Y may be one per row, those of B one
 * per column. */
#include "ops/integer_operands.h"

enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, Y_SCALE, Y_ZERO };

static int infer(struct rsl_call *c) {
    struct rsl_matmul m;
    static const char *const types[] = {"u8 i8", "f32",   "u8 i8", "u8 i8",
                                        "f32",   "u8 i8", "f32",   "u8 i8"};
    for (int i = A; i <= Y_ZERO; i++) RSL_TRY(rsl_need_dtype(c, i, types[i]));
    RSL_TRY(rsl_matmul_layout(&m, c, A, B));
    for (int i = A_SCALE; i <= A_ZERO; i++) RSL_TRY(rsl_need_parameter(c, i, m.rows, m.matrices_a));
    for (int i = B_SCALE; i <= B_ZERO; i++)
        RSL_TRY(rsl_need_parameter(c, i, m.columns, m.matrices_b));
    for (int i = Y_SCALE; i <= Y_ZERO; i++) RSL_TRY(rsl_need_parameter(c, i, m.rows, 1));
    c->scratch_size = rsl_matmul_scratch(&m);
    return rsl_set_out(c, 0, c->in[Y_ZERO]->dtype, &m.out);
}

static void subtract_zero(const struct rsl_call *c, int input, int64_t p, union rsl_number *v,
                          int64_t rows, int64_t columns) {
    rsl_subtract_zero(c, input == A ? A_ZERO : B_ZERO, input == A, p, v, rows, columns);
}

static void requantize(const struct rsl_call *c, int64_t row_a, int64_t matrix_b,
                       union rsl_number *v, int64_t columns) {
    double top = c->out[0]->dtype == RSL_i8 ? 127 : 255;
    double bottom = c->out[0]->dtype == RSL_i8 ? -128 : 0;
    for (int64_t j = 0; j < columns; j++) {
        double scale = rsl_parameter(c, A_SCALE, row_a) *
                       rsl_parameter(c, B_SCALE, matrix_b * columns + j) /
                       rsl_parameter(c, Y_SCALE, row_a);
        double y = rsl_requantize((double)(int64_t)v[j].u * scale, rsl_parameter(c, Y_ZERO, row_a));
        v[j].u = (uint64_t)(int64_t)(y > top ? top : y >= bottom ? y : bottom);
    }
}

static int forward(const struct rsl_call *c) {
    struct rsl_matmul m;
    RSL_TRY(rsl_matmul_layout(&m, c, A, B));
    rsl_matmul_run(c, &m, A, B,
                   &(struct rsl_matmul_hooks){.operand = subtract_zero, .result = requantize});
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_matmul m;
    return rsl_matmul_layout(&m, c, A, B) < 0 ? 0 : rsl_matmul_macs(&m);
}

const struct rsl_op rsl_op_QLinearMatMul = {
    .name = "QLinearMatMul",
    .domain = "",
    .since = 10,
    .in_min = 8,
    .in_max = 8,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
