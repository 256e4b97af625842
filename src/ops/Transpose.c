/* Transpose: output axis k is input axis perm[k]; without perm the axes are reversed. */
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int read_perm(const struct rsl_call *c, struct rsl_list *perm) {
    int rank = c->in[0]->shape.rank;
    size_t n;
    const int64_t *p = rsl_node_ints(c->node, "perm", &n);
    if (p && n != (size_t)rank)
        return rsl_fail(RSL_ESHAPE, "perm has %zu items, the input has %d dimensions", n, rank);
    perm->n = rank;
    for (int k = 0; k < rank; k++) perm->at[k] = p ? p[k] : rank - 1 - k;
    return rsl_list_axes(perm, rank);
}

static int infer(struct rsl_call *c) {
    struct rsl_list perm;
    RSL_TRY(read_perm(c, &perm));
    struct rsl_shape s = {.rank = perm.n};
    for (int k = 0; k < s.rank; k++) s.dim[k] = c->in[0]->shape.dim[perm.at[k]];
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor *y = c->out[0];
    struct rsl_list perm;
    RSL_TRY(read_perm(c, &perm));
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK];
    rsl_strides(&x->shape, from);
    rsl_strides(&y->shape, to);
    struct rsl_walk w = {.rank = 0};
    for (int k = 0; k < perm.n; k++) rsl_walk_add(&w, y->shape.dim[k], to[k], from[perm.at[k]]);
    rsl_copy_strided(&w, y->data, x->data, rsl_dtype_bytes((int)x->dtype));
    return RSL_OK;
}

/* The inverse permutation. */
static int gradient(struct rsl_backward *b) {
    size_t n;
    const int64_t *perm = rsl_node_ints(&b->node, "perm", &n);
    int64_t inverse[RSL_MAX_RANK];
    for (size_t k = 0; perm && k < n; k++) inverse[perm[k]] = (int64_t)k;
    b->dx[0] = rsl_emit(b, "Transpose", 1, b->dy[0]);
    if (perm) rsl_emit_ints(b, "perm", inverse, n);
    return RSL_OK;
}

const struct rsl_op rsl_op_Transpose = {
    .name = "Transpose",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
