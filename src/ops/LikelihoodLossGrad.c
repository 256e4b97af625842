/* LikelihoodLossGrad (domain resile): the gradient of NegativeLogLikelihoodLoss with respect to the
 * logarithms, from that of the loss, the targets and the optional class weights; attributes of the
 * loss, and "shape", that of the logarithms.
 *
 *     d[n,c,...] = -weight[c] dloss / total  where c is the target, else 0
 *
 * total: 1 for "none" and "sum", the sum of the targets' weights for "mean". */
#include "ops/op.h"

#include <string.h>

struct rows {
    int64_t n, classes, inner;
    bool none, mean, ignoring;
    int64_t ignored;
};

static int layout(struct rows *r, const struct rsl_call *c, struct rsl_shape *x) {
    RSL_TRY(rsl_need_shape(c, x));
    const char *reduction = rsl_node_string(c->node, "reduction", "mean");
    *r = (struct rows){.none = strcmp(reduction, "none") == 0,
                       .mean = strcmp(reduction, "mean") == 0,
                       .ignoring = rsl_node_attr(c->node, "ignore_index") != NULL,
                       .ignored = rsl_node_int(c->node, "ignore_index", -1)};
    if (x->rank < 2) return rsl_fail(RSL_ESHAPE, "attribute shape has %d dimensions", x->rank);
    r->classes = x->dim[1];
    r->inner = rsl_shape_span(x, 2, x->rank);
    r->n = x->dim[0] * r->inner;
    if (rsl_tensor_count(c->in[1]) != r->n || rsl_tensor_count(c->in[0]) != (r->none ? r->n : 1) ||
        (c->n_in > 2 && c->in[2] && rsl_tensor_count(c->in[2]) != r->classes))
        return rsl_fail(RSL_ESHAPE, "gradient, targets or weights do not fit attribute shape");
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rows r;
    struct rsl_shape x;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 1, "i32 i64"));
    RSL_TRY(layout(&r, c, &x));
    return rsl_set_out(c, 0, c->in[0]->dtype, &x);
}

/* The weight of target i, 0 when it is ignored; fails outside the classes. */
static int weight_of(const struct rsl_call *c, const struct rows *r, int64_t i, int64_t *target,
                     double *weight) {
    *target = rsl_tensor_int(c->in[1], i);
    *weight = 0;
    if (r->ignoring && *target == r->ignored) return RSL_OK;
    if (*target < 0 || *target >= r->classes)
        return rsl_fail(RSL_EARG, "target %lld of element %lld is not one of %lld classes",
                        (long long)*target, (long long)i, (long long)r->classes);
    *weight = c->n_in > 2 && c->in[2] ? rsl_tensor_double(c->in[2], *target) : 1;
    return RSL_OK;
}

static int forward(const struct rsl_call *c) {
    struct rows r;
    struct rsl_shape x;
    int64_t target;
    double weight, total = 0;
    RSL_TRY(layout(&r, c, &x));
    for (int64_t i = 0; i < r.n; i++) {
        RSL_TRY(weight_of(c, &r, i, &target, &weight));
        total += weight;
    }
    if (!r.mean) total = 1;
    memset(c->out[0]->data, 0, rsl_tensor_bytes(c->out[0]));
    for (int64_t i = 0; i < r.n; i++) {
        RSL_TRY(weight_of(c, &r, i, &target, &weight));
        if (weight == 0) continue;
        double dy = rsl_tensor_double(c->in[0], r.none ? i : 0);
        int64_t place = (i / r.inner * r.classes + target) * r.inner + i % r.inner;
        rsl_tensor_set_double(c->out[0], place, -weight * dy / total);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_LikelihoodLossGrad = {
    .name = "LikelihoodLossGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
