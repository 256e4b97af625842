/* TrainingDropout (domain resile): y = x / (1 - ratio) where kept, 0 where dropped. Which elements
 * are kept is a pure function of (attribute seed, input `step`, element), so nothing is remembered
 * for the way back, which is the same operator, and nothing depends on threads.
 *
 * Inputs x and step (one i64). Attributes ratio (0 <= ratio < 1) and seed. */
#include "base/philox.h"
#include "graph/gradient.h"
#include "ops/op.h"

#include <string.h>

static int infer(struct rsl_call *c) {
    float ratio = rsl_node_float(c->node, "ratio", 0.5F);
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 1, "i64"));
    if (!(ratio >= 0 && ratio < 1))
        return rsl_fail(RSL_EARG, "attribute ratio is %g, it must be in [0,1)", (double)ratio);
    if (rsl_tensor_count(c->in[1]) != 1) return rsl_fail(RSL_ESHAPE, "input 1 is not one number");
    return rsl_infer_same(c);
}

/* Elements 4i..4i+3 are kept where word k of draw i is at least ratio * 2^32. */
static int forward(const struct rsl_call *c) {
    double ratio = (double)rsl_node_float(c->node, "ratio", 0.5F);
    uint64_t seed = (uint64_t)rsl_node_int(c->node, "seed", 0);
    uint64_t step = (uint64_t)rsl_tensor_int(c->in[1], 0);
    uint32_t threshold = (uint32_t)(ratio * 4294967296.0);
    int64_t n = rsl_tensor_count(c->in[0]);
    bool f32 = c->in[0]->dtype == RSL_f32;
    for (int64_t i = 0; i < n; i += 4) {
        struct rsl_philox4 draw = rsl_philox(seed, step, (uint64_t)(i / 4));
        for (int64_t k = i; k < i + 4 && k < n; k++) {
            bool kept = draw.v[k - i] >= threshold;
            if (f32)
                ((float *)c->out[0]->data)[k] =
                    kept ? ((const float *)c->in[0]->data)[k] / (float)(1 - ratio) : 0;
            else
                rsl_tensor_set_double(c->out[0], k,
                                      kept ? rsl_tensor_double(c->in[0], k) / (1 - ratio) : 0);
        }
    }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "TrainingDropout", 2, b->dy[0], b->node.in[1]);
    rsl_emit_attributes(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_TrainingDropout = {
    .name = "TrainingDropout",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
