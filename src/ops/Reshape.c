/* Reshape: the same elements under the shape that input 1 gives. In it 0 keeps the input's
 * dimension (unless allowzero, opset 14) and one -1 takes what is left. */
#include "graph/gradient.h"
#include "ops/lists.h"

/* The dimension that makes `total` elements of the others' product, which must divide it. */
static int fill_in(struct rsl_shape *s, int unknown, int64_t total) {
    s->dim[unknown] = 1;
    RSL_TRY(rsl_shape_check(s));
    int64_t others = rsl_shape_count(s);
    s->dim[unknown] = others ? total / others : 0;
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    struct rsl_list to;
    RSL_TRY(rsl_read_list(c, "shape", 1, 0, &to));
    if (to.n > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the new shape has %d dimensions, at most %d are offered",
                        to.n, RSL_MAX_RANK);
    bool keep_zero = c->opset >= 14 && rsl_node_int(c->node, "allowzero", 0);
    struct rsl_shape s = rsl_shape_of(to.n, to.at);
    int unknown = -1;
    for (int k = 0; k < s.rank; k++) {
        if (s.dim[k] == 0 && !keep_zero) {
            if (k >= x->rank)
                return rsl_fail(RSL_ESHAPE,
                                "dimension %d of the new shape copies one that is not there", k);
            s.dim[k] = x->dim[k];
        } else if (s.dim[k] == -1) {
            if (unknown >= 0) return rsl_fail(RSL_ESHAPE, "the new shape has more than one -1");
            unknown = k;
        }
    }
    if (unknown >= 0) RSL_TRY(fill_in(&s, unknown, rsl_shape_count(x)));
    RSL_TRY(rsl_shape_check(&s));
    if (rsl_shape_count(&s) != rsl_shape_count(x)) {
        char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_ESHAPE, "shape %s cannot become %s", rsl_shape_text(x, a),
                        rsl_shape_text(&s, b));
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

const struct rsl_op rsl_op_Reshape = {
    .name = "Reshape",
    .domain = "",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .alias = true,
    .infer = infer,
    .forward = rsl_forward_copy,
    .gradient = rsl_gradient_reshape,
};
