/* Shape: the dimensions from `start` to before `end` (opset 15) as i64; both are clamped to the
 * rank. */
#include "ops/lists.h"

#include <string.h>

static int64_t position(int64_t k, int64_t rank) {
    return rsl_clamp(k < 0 ? k + rank : k, 0, rank);
}

static void range(const struct rsl_call *c, int64_t *start, int64_t *end) {
    int64_t rank = c->in[0]->shape.rank;
    bool cut = c->opset >= 15;
    *start = cut ? position(rsl_node_int(c->node, "start", 0), rank) : 0;
    *end = cut ? position(rsl_node_int(c->node, "end", rank), rank) : rank;
}

static int infer(struct rsl_call *c) {
    int64_t start, end;
    range(c, &start, &end);
    int64_t n = end > start ? end - start : 0;
    struct rsl_shape s = rsl_shape_of(1, &n);
    return rsl_set_out(c, 0, RSL_i64, &s);
}

static int forward(const struct rsl_call *c) {
    int64_t start, end;
    range(c, &start, &end);
    if (end > start)
        memcpy(c->out[0]->data, c->in[0]->shape.dim + start, (size_t)(end - start) * sizeof start);
    return RSL_OK;
}

const struct rsl_op rsl_op_Shape = {
    .name = "Shape",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .shape_only = true,
    .infer = infer,
    .forward = forward,
};
