/* See likelihood_loss.h. */
#include "ops/likelihood_loss.h"

#include "graph/gradient.h"

#include <inttypes.h>
#include <string.h>

int rsl_likelihood_loss_infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 1, "i32 i64"));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    RSL_TRY(rsl_need_rank(c, 0, 2, RSL_MAX_RANK));
    const struct rsl_shape *x = &c->in[0]->shape, *t = &c->in[1]->shape;
    struct rsl_shape loss = {.rank = x->rank - 1, .dim = {x->dim[0]}};
    for (int i = 2; i < x->rank; i++) loss.dim[i - 1] = x->dim[i];
    char xt[RSL_SHAPE_TEXT], tt[RSL_SHAPE_TEXT];
    if (!rsl_shape_equal(t, &loss))
        return rsl_fail(RSL_ESHAPE, "input 0 has shape %s, the targets have %s",
                        rsl_shape_text(x, xt), rsl_shape_text(t, tt));
    if (c->n_in > 2 && c->in[2] &&
        (c->in[2]->shape.rank != 1 || c->in[2]->shape.dim[0] != x->dim[1]))
        return rsl_fail(RSL_ESHAPE, "the weights have shape %s, there are %" PRId64 " classes",
                        rsl_shape_text(&c->in[2]->shape, tt), x->dim[1]);
    const char *reduction = rsl_node_string(c->node, "reduction", "mean");
    if (strcmp(reduction, "none") != 0 && strcmp(reduction, "sum") != 0 &&
        strcmp(reduction, "mean") != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "attribute reduction is '%s'", reduction);
    if (strcmp(reduction, "none") != 0) loss.rank = 0;
    c->scratch_size = (size_t)rsl_shape_count(x) * sizeof(double);
    return rsl_set_out(c, 0, c->in[0]->dtype, &loss);
}

int rsl_likelihood_loss_forward(const struct rsl_call *c, const double *logarithms) {
    const struct rsl_shape *x = &c->in[0]->shape;
    const struct rsl_tensor *weights = c->n_in > 2 ? c->in[2] : NULL;
    const char *reduction = rsl_node_string(c->node, "reduction", "mean");
    bool none = strcmp(reduction, "none") == 0;
    bool ignoring = rsl_node_attr(c->node, "ignore_index") != NULL;
    int64_t ignored = rsl_node_int(c->node, "ignore_index", -1);
    int64_t classes = x->dim[1], inner = rsl_shape_span(x, 2, x->rank);
    double sum = 0, total = 0;
    for (int64_t i = 0; i < x->dim[0] * inner; i++) {
        int64_t target = rsl_tensor_int(c->in[1], i);
        double weight = 0, loss = 0;
        if (!ignoring || target != ignored) {
            if (target < 0 || target >= classes)
                return rsl_fail(RSL_EARG,
                                "target %" PRId64 " of element %" PRId64 " is not one of %" PRId64
                                " classes",
                                target, i, classes);
            weight = weights ? rsl_tensor_double(weights, target) : 1;
            loss = -weight * logarithms[(i / inner * classes + target) * inner + i % inner];
        }
        if (none) rsl_tensor_set_double(c->out[0], i, loss);
        sum += loss;
        total += weight;
    }
    if (none) return RSL_OK;
    rsl_tensor_set_double(c->out[0], 0, strcmp(reduction, "sum") == 0 ? sum : sum / total);
    return RSL_OK;
}

int rsl_likelihood_loss_gradient(struct rsl_backward *b) {
    int d = b->node.n_in > 2 && b->node.in[2] != RSL_ABSENT
                ? rsl_emit(b, "LikelihoodLossGrad", 3, b->dy[0], b->node.in[1], b->node.in[2])
                : rsl_emit(b, "LikelihoodLossGrad", 2, b->dy[0], b->node.in[1]);
    rsl_emit_attributes(b);
    rsl_emit_shape_of(b, 0);
    return d;
}
