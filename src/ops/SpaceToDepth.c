/* SpaceToDepth: blocks of b*b pixels become channels, numbered (row, column, c). */
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 4, 4));
    struct rsl_shape s = c->in[0]->shape;
    int64_t b = rsl_node_int(c->node, "blocksize", 0);
    if (b < 1 || b > 1 << 16 || s.dim[2] % b || s.dim[3] % b)
        return rsl_fail(RSL_ESHAPE, "%lld x %lld pixels do not make blocks of blocksize %lld",
                        (long long)s.dim[2], (long long)s.dim[3], (long long)b);
    s.dim[2] /= b;
    s.dim[3] /= b;
    s.dim[1] = rsl_times(s.dim[1], b * b);
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape, *y = &c->out[0]->shape;
    int64_t b = rsl_node_int(c->node, "blocksize", 1);
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK];
    rsl_strides(x, from);
    rsl_strides(y, to);
    struct rsl_walk w = {.rank = 0};
    rsl_walk_add(&w, x->dim[0], to[0], from[0]);
    rsl_walk_add(&w, b, b * x->dim[1] * to[1], from[2]); /* row in the block */
    rsl_walk_add(&w, b, x->dim[1] * to[1], from[3]);     /* column in the block */
    rsl_walk_add(&w, x->dim[1], to[1], from[1]);
    rsl_walk_add(&w, y->dim[2], to[2], b * from[2]);
    rsl_walk_add(&w, y->dim[3], to[3], b * from[3]);
    rsl_copy_strided(&w, c->out[0]->data, c->in[0]->data, rsl_dtype_bytes((int)c->in[0]->dtype));
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "DepthToSpace", 1, b->dy[0]);
    rsl_emit_int(b, "blocksize", rsl_node_int(&b->node, "blocksize", 1));
    return RSL_OK;
}

const struct rsl_op rsl_op_SpaceToDepth = {
    .name = "SpaceToDepth",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
