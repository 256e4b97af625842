/* GatherElements: output element i is the data's element at i with the coordinate along `axis`
 * replaced by indices[i]. */
#include "graph/gradient.h"
#include "ops/scatter.h"

#include <string.h>

static int infer(struct rsl_call *c) {
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), c->in[0]->shape.rank, false, &axis));
    RSL_TRY(rsl_need_element_indices(c, axis));
    return rsl_set_out(c, 0, c->in[0]->dtype, &c->in[1]->shape);
}

struct gather {
    char *to;
    const char *from;
    size_t bytes;
};

static void gather(void *state, int64_t k, int64_t place) {
    struct gather *g = state;
    memcpy(g->to + (size_t)k * g->bytes, g->from + (size_t)place * g->bytes, g->bytes);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->shape.rank, false, &axis));
    struct gather g = {c->out[0]->data, x->data, rsl_dtype_bytes((int)x->dtype)};
    return rsl_each_element(c, axis, gather, &g);
}

static int gradient(struct rsl_backward *b) {
    int zeros = rsl_emit_zeros_of(b, &rsl_backward_in(b, 0)->shape);
    b->dx[0] = rsl_emit(b, "ScatterElements", 3, zeros, b->node.in[1], b->dy[0]);
    rsl_emit_int(b, "axis", rsl_node_int(&b->node, "axis", 0));
    rsl_emit_string(b, "reduction", "add");
    return RSL_OK;
}

const struct rsl_op rsl_op_GatherElements = {
    .name = "GatherElements",
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
