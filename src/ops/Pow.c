/* Pow: y = a^b, in the type of a; b may have another. Two integers are computed exactly, wrapped,
 * and a negative exponent leaves 0 (of 1 and -1: 1 or -1). An integer and a float meet in double.
 */
#include "graph/gradient.h"
#include "ops/elementwise.h"

/* By squaring, modulo 2^64. */
static uint64_t power(uint64_t base, uint64_t exponent) {
    uint64_t y = 1;
    for (; exponent; exponent >>= 1, base *= base)
        if (exponent & 1) y *= base;
    return y;
}

/* p[0] says whether the base is signed: only then are all ones -1. */
static uint64_t signed_power(int64_t a, int64_t b, bool is_signed) {
    if (b >= 0) return power((uint64_t)a, (uint64_t)b);
    if (a == 1) return 1;
    return a == -1 && is_signed ? power((uint64_t)a, (uint64_t)b & 1) : 0;
}

RSL_FLOATS(RSL_BINARY, pow, pow(a, b))
RSL_BINARY(pow_i64, int64_t, signed_power(a, b, p[0] != 0))
RSL_BINARY(pow_u64, uint64_t, power(a, b))

static const struct rsl_kernels kernels = {
    .f32 = pow_f32, .f64 = pow_f64, .i64 = pow_i64, .u64 = pow_u64};

/* The lane follows the exponent among integers, since its sign matters and the base's bits are the
 * same in both. */
static enum rsl_lane common_lane(enum rsl_dtype base, enum rsl_dtype exponent) {
    enum rsl_lane a = rsl_lane_of(base), b = rsl_lane_of(exponent);
    bool a_float = rsl_dtype_is_float((int)base), b_float = rsl_dtype_is_float((int)exponent);
    if (!a_float && !b_float) return b;
    return a == b ? a : RSL_LANE_F64;
}

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_lane(c, 0, &kernels));
    RSL_TRY(rsl_need_lane(c, 1, &kernels));
    if (c->opset < 12) RSL_TRY(rsl_need_same_dtype(c, 1));
    struct rsl_shape shape;
    RSL_TRY(rsl_broadcast(&c->in[0]->shape, &c->in[1]->shape, &shape));
    return rsl_set_out(c, 0, c->in[0]->dtype, &shape);
}

static int forward(const struct rsl_call *c) {
    const double is_signed = rsl_lane_of(c->in[0]->dtype) == RSL_LANE_I64;
    enum rsl_lane lane = common_lane(c->in[0]->dtype, c->in[1]->dtype);
    rsl_apply(&kernels, lane, c->in, 2, c->out[0], &is_signed);
    return RSL_OK;
}

/* a^(b-1) b, which is 0 where b is. */
static int base_slope(struct rsl_backward *b, int base, int exponent) {
    const struct rsl_tensor *t = rsl_backward_in(b, 1);
    if (t->data && rsl_tensor_count(t) == 1) {
        double e = rsl_tensor_double(t, 0);
        if (e == 0) return RSL_ABSENT;
        if (e == 1) return rsl_emit_number(b, 1);
        int power = e == 2 ? base : rsl_emit_with(b, "Pow", base, e - 1);
        return rsl_emit_with(b, "Mul", power, e);
    }
    int power = rsl_emit(b, "Pow", 2, base, rsl_emit_with(b, "Sub", exponent, 1));
    int slope = rsl_emit(b, "Mul", 2, exponent, power);
    int flat = rsl_emit_with(b, "Equal", exponent, 0);
    return rsl_emit(b, "Where", 3, flat, rsl_emit_number(b, 0), slope);
}

/* y log(a), which is 0 where a is 0 and b >= 0, as in PyTorch. */
static int exponent_slope(struct rsl_backward *b, int base, int exponent) {
    int slope = rsl_emit(b, "Mul", 2, b->node.out[0], rsl_emit(b, "Log", 1, base));
    int zero = rsl_emit_number(b, 0);
    int at_zero = rsl_emit(b, "Equal", 2, base, zero);
    int flat = rsl_emit(b, "And", 2, at_zero, rsl_emit(b, "GreaterOrEqual", 2, exponent, zero));
    return rsl_emit(b, "Where", 3, flat, zero, slope);
}

/* All in the type of the base. */
static int gradient(struct rsl_backward *b) {
    enum rsl_dtype type = rsl_backward_in(b, 0)->dtype, of_exponent = rsl_backward_in(b, 1)->dtype;
    int base = b->node.in[0], exponent = b->node.in[1];
    if (of_exponent != type) exponent = rsl_emit_cast(b, exponent, type);
    if (rsl_wanted(b, 0)) {
        int slope = base_slope(b, base, exponent);
        if (slope != RSL_ABSENT)
            b->dx[0] = rsl_emit_sum_to(b, rsl_emit(b, "Mul", 2, b->dy[0], slope), 0);
    }
    if (rsl_wanted(b, 1)) {
        int slope = exponent_slope(b, base, exponent);
        int dx = rsl_emit_sum_to(b, rsl_emit(b, "Mul", 2, b->dy[0], slope), 1);
        b->dx[1] = of_exponent != type ? rsl_emit_cast(b, dx, of_exponent) : dx;
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_Pow = {
    .name = "Pow",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
