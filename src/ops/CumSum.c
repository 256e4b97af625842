/* CumSum: running sums along the axis in input 1, of the elements up to each one; `exclusive`
 * leaves that one out, `reverse` sums from the end. Floats are summed in double, integers wrap
 * around. */
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/number.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i32 i64 u32 u64"));
    RSL_TRY(rsl_need_dtype(c, 1, "i32 i64"));
    if (rsl_tensor_count(c->in[1]) != 1)
        return rsl_fail(RSL_ESHAPE, "input 1, the axis, is not one number");
    return rsl_infer_same(c);
}

/* One lane of n elements, `step` bytes apart and possibly negative. */
static void sum_lane(enum rsl_dtype dtype, const char *x, char *y, int64_t n, int64_t step,
                     bool exclusive) {
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)dtype);
    bool integer = rsl_dtype_is_integer((int)dtype);
    double sum = 0;
    uint64_t total = 0;
    for (int64_t i = 0; i < n; i++) {
        double item = 0, before = sum;
        uint64_t number = 0, so_far = total;
        if (integer)
            number = rsl_load_integer((int)dtype, x + i * step);
        else
            type->to_double(x + i * step, &item, 1);
        sum += item;
        total += number;
        if (integer)
            rsl_store_integer((int)dtype, y + i * step, exclusive ? so_far : total);
        else
            type->from_double(exclusive ? &before : &sum, y + i * step, 1);
    }
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_tensor_int(c->in[1], 0), x->shape.rank, false, &axis));
    if (rsl_tensor_count(x) == 0) return RSL_OK;
    struct rsl_span span = rsl_span_at(&x->shape, axis);
    int64_t bytes = (int64_t)rsl_dtype_bytes((int)x->dtype), step = span.inner * bytes;
    bool exclusive = rsl_node_int(c->node, "exclusive", 0) != 0;
    bool reverse = rsl_node_int(c->node, "reverse", 0) != 0;
    for (int64_t o = 0; o < span.outer; o++)
        for (int64_t i = 0; i < span.inner; i++) {
            int64_t first = (o * span.n * span.inner + i) * bytes;
            if (reverse) first += (span.n - 1) * step;
            sum_lane(x->dtype, (const char *)x->data + first, (char *)c->out[0]->data + first,
                     span.n, reverse ? -step : step, exclusive);
        }
    return RSL_OK;
}

/* Summed from the other end. */
static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "CumSum", 2, b->dy[0], b->node.in[1]);
    rsl_emit_int(b, "exclusive", rsl_node_int(&b->node, "exclusive", 0));
    rsl_emit_int(b, "reverse", rsl_node_int(&b->node, "reverse", 0) == 0);
    return RSL_OK;
}

const struct rsl_op rsl_op_CumSum = {
    .name = "CumSum",
    .domain = "",
    .since = 11,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
