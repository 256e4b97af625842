/* See arg.h. */
#include "ops/arg.h"

#include "ops/lists.h"
#include "ops/number.h"

int64_t rsl_arg_lane(enum rsl_dtype dtype, const void *x, int64_t n, int64_t step, bool largest,
                     bool last) {
    bool has_nan = rsl_dtype_is_float((int)dtype);
    uint64_t best = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = rsl_order_key((int)dtype, (const char *)x + i * step);
        if (!largest && !(has_nan && key == RSL_KEY_NAN)) key = ~key;
        if (i == 0 || key > best || (last && key == best)) {
            best = key;
            at = i;
        }
    }
    return at;
}

int rsl_arg_infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    int axis;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 i16 i32 i64 u8 u16 u32 u64"));
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->rank, false, &axis));
    if (x->dim[axis] == 0) return rsl_fail(RSL_ESHAPE, "axis %d is empty", axis);
    bool keep = rsl_node_int(c->node, "keepdims", 1) != 0;
    struct rsl_shape s = {.rank = 0};
    for (int k = 0; k < x->rank; k++)
        if (k != axis || keep) s.dim[s.rank++] = k == axis ? 1 : x->dim[k];
    return rsl_set_out(c, 0, RSL_i64, &s);
}

int rsl_arg_forward(const struct rsl_call *c, bool largest) {
    const struct rsl_tensor *x = c->in[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->shape.rank, false, &axis));
    bool last = c->opset >= 12 && rsl_node_int(c->node, "select_last_index", 0);
    struct rsl_span span = rsl_span_at(&x->shape, axis);
    int64_t bytes = (int64_t)rsl_dtype_bytes((int)x->dtype), *y = c->out[0]->data;
    for (int64_t o = 0; o < span.outer; o++)
        for (int64_t i = 0; i < span.inner; i++)
            *y++ = rsl_arg_lane(x->dtype,
                                (const char *)x->data + (o * span.n * span.inner + i) * bytes,
                                span.n, span.inner * bytes, largest, last);
    return RSL_OK;
}
