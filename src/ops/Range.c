/* Range: start, start + delta, ... up to before limit; exact for integers. */
#include <math.h>

#include "ops/number.h"
#include "ops/op.h"

/* Distance from low to high >= low, which 64 signed bits may not hold. */
static uint64_t distance(int64_t low, int64_t high) {
    return (uint64_t)high - (uint64_t)low;
}

static int count(const struct rsl_call *c, int64_t *n) {
    double items = 0;
    if (rsl_dtype_is_float((int)c->in[0]->dtype)) {
        double start = rsl_tensor_double(c->in[0], 0), limit = rsl_tensor_double(c->in[1], 0);
        double delta = rsl_tensor_double(c->in[2], 0);
        items = delta == 0 ? NAN : ceil((limit - start) / delta);
    } else {
        int64_t start = rsl_tensor_int(c->in[0], 0), limit = rsl_tensor_int(c->in[1], 0);
        int64_t delta = rsl_tensor_int(c->in[2], 0);
        if (delta > 0 && limit > start)
            items = (double)((distance(start, limit) - 1) / (uint64_t)delta) + 1;
        else if (delta < 0 && limit < start)
            items = (double)((distance(limit, start) - 1) / (0 - (uint64_t)delta)) + 1;
        else if (delta == 0)
            items = NAN;
    }
    if (!(items <= (double)RSL_MAX_ELEMENTS))
        return rsl_fail(RSL_EARG, "start, limit and delta do not give a finite range");
    *n = items > 0 ? (int64_t)items : 0;
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    int64_t n;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 i16 i32 i64"));
    for (int i = 0; i < 3; i++) {
        RSL_TRY(rsl_need_same_dtype(c, i));
        if (rsl_tensor_count(c->in[i]) != 1)
            return rsl_fail(RSL_ESHAPE, "input %d is not one number", i);
    }
    RSL_TRY(count(c, &n));
    struct rsl_shape s = rsl_shape_of(1, &n);
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor *y = c->out[0];
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)y->dtype);
    bool integer = rsl_dtype_is_integer((int)y->dtype);
    double start = rsl_tensor_double(c->in[0], 0), delta = rsl_tensor_double(c->in[2], 0);
    uint64_t first = (uint64_t)rsl_tensor_int(c->in[0], 0);
    uint64_t step = (uint64_t)rsl_tensor_int(c->in[2], 0);
    char *to = y->data;
    for (int64_t i = 0; i < y->shape.dim[0]; i++, to += type->bytes) {
        double v = start + (double)i * delta;
        if (integer)
            rsl_store_integer((int)y->dtype, to, first + (uint64_t)i * step);
        else
            type->from_double(&v, to, 1);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_Range = {
    .name = "Range",
    .domain = "",
    .since = 11,
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 0 | 1u << 1 | 1u << 2,
    .infer = infer,
    .forward = forward,
};
