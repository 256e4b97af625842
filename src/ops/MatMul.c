/* MatMul: NumPy's matmul. Vectors count as a row (left) or column (right), leading axes broadcast.
 * Integers wrap. */
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
};
