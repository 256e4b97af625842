/* ClipGrad: dX = dY where min <= X <= max, else 0. Inputs dY, X and the bounds; one that is left
 * out is none at all. dY passes where X is NaN. */
#include "ops/elementwise.h"

RSL_FLOATS(RSL_BINARY, clip_grad, b<(T)p[0] || b>(T) p[1] ? 0 : a)

static const struct rsl_kernels kernels = {.f32 = clip_grad_f32, .f64 = clip_grad_f64};

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_lane(c, 0, &kernels));
    for (int i = 1; i < c->n_in; i++) {
        RSL_TRY(rsl_need_same_dtype(c, i));
        if (i > 1 && c->in[i] && rsl_tensor_count(c->in[i]) != 1)
            return rsl_fail(RSL_ESHAPE, "input %d, a bound, must have one element", i);
    }
    if (!rsl_shape_equal(&c->in[0]->shape, &c->in[1]->shape))
        return rsl_fail(RSL_ESHAPE, "inputs 0 and 1 differ in shape");
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *low = rsl_input(c, 2), *high = rsl_input(c, 3);
    const double p[] = {low ? rsl_tensor_double(low, 0) : (double)-INFINITY,
                        high ? rsl_tensor_double(high, 0) : (double)INFINITY};
    rsl_apply(&kernels, rsl_lane_of(c->in[0]->dtype), c->in, 2, c->out[0], p);
    return RSL_OK;
}

const struct rsl_op rsl_op_ClipGrad = {
    .name = "ClipGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
