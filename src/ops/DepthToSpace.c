/* DepthToSpace: blocks of b*b channels become blocks of b*b pixels. The channel is
 * (row, column, c) in mode DCR and (c, row, column) in mode CRD (opset 11). */
#include <string.h>

#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 4, 4));
    struct rsl_shape s = c->in[0]->shape;
    int64_t b = rsl_node_int(c->node, "blocksize", 0);
    const char *mode = rsl_node_string(c->node, "mode", "DCR");
    if (strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "mode '%s' is not offered", mode);
    if (b < 1 || b > 1 << 16 || s.dim[1] % (b * b))
        return rsl_fail(RSL_ESHAPE, "%lld channels do not make blocks of blocksize %lld",
                        (long long)s.dim[1], (long long)b);
    s.dim[1] /= b * b;
    s.dim[2] = rsl_times(s.dim[2], b);
    s.dim[3] = rsl_times(s.dim[3], b);
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape, *y = &c->out[0]->shape;
    int64_t b = rsl_node_int(c->node, "blocksize", 1);
    bool crd = strcmp(rsl_node_string(c->node, "mode", "DCR"), "CRD") == 0;
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK];
    rsl_strides(x, from);
    rsl_strides(y, to);
    int64_t channel = crd ? b * b : 1, row = crd ? b : b * y->dim[1], column = crd ? 1 : y->dim[1];
    struct rsl_walk w = {.rank = 0};
    rsl_walk_add(&w, x->dim[0], to[0], from[0]);
    rsl_walk_add(&w, y->dim[1], to[1], channel * from[1]);
    rsl_walk_add(&w, x->dim[2], b * to[2], from[2]);
    rsl_walk_add(&w, b, to[2], row * from[1]);
    rsl_walk_add(&w, x->dim[3], b, from[3]);
    rsl_walk_add(&w, b, 1, column * from[1]);
    rsl_copy_strided(&w, c->out[0]->data, c->in[0]->data, rsl_dtype_bytes((int)c->in[0]->dtype));
    return RSL_OK;
}

/* SpaceToDepth numbers the channels as DCR does; for CRD the dimensions are moved one by one. */
static int gradient(struct rsl_backward *b) {
    int64_t n = rsl_node_int(&b->node, "blocksize", 1);
    if (strcmp(rsl_node_string(&b->node, "mode", "DCR"), "DCR") == 0) {
        b->dx[0] = rsl_emit(b, "SpaceToDepth", 1, b->dy[0]);
        rsl_emit_int(b, "blocksize", n);
        return RSL_OK;
    }
    struct rsl_shape x = rsl_backward_in(b, 0)->shape;
    const struct rsl_shape blocks = {
        6, {x.dim[0], x.dim[1] / (n * n), x.dim[2], n, x.dim[3], n}}; /* N C H row W column */
    int apart = rsl_emit_reshape(b, b->dy[0], &blocks);
    int moved = rsl_emit(b, "Transpose", 1, apart);
    rsl_emit_ints(b, "perm", (const int64_t[]){0, 1, 3, 5, 2, 4}, 6);
    b->dx[0] = rsl_emit_reshape(b, moved, &x);
    return RSL_OK;
}

const struct rsl_op rsl_op_DepthToSpace = {
    .name = "DepthToSpace",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
