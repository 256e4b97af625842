/* Unsqueeze: puts dimensions of 1 at `axes` of the result (an input from opset 13 on). */
#include "graph/gradient.h"
#include "ops/lists.h"

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    struct rsl_list axes;
    RSL_TRY(rsl_read_list(c, "axes", 1, 13, &axes));
    if (!axes.given) return rsl_fail(RSL_EGRAPH, "'axes' is missing");
    int rank = x->rank + axes.n;
    if (rank > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "the result has %d dimensions, at most %d are offered",
                        rank, RSL_MAX_RANK);
    RSL_TRY(rsl_list_axes(&axes, rank));
    struct rsl_shape s = {.rank = rank};
    for (int k = 0, from = 0; k < rank; k++) s.dim[k] = rsl_list_has(&axes, k) ? 1 : x->dim[from++];
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

const struct rsl_op rsl_op_Unsqueeze = {
    .name = "Unsqueeze",
    .domain = "",
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1,
    .alias = true,
    .infer = infer,
    .forward = rsl_forward_copy,
    .gradient = rsl_gradient_reshape,
};
