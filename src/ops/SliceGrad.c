/* SliceGrad: dx of Slice, zero but for X[starts[k] + i steps[k]] = dY[i] along each axis k; `shape`
 * is X's. */
#include <inttypes.h>
#include <string.h>

#include "ops/slice.h"
#include "ops/strided.h"

/* The attribute `name`, which must have one number per axis of dY; NULL when it fails. */
static const int64_t *numbers(const struct rsl_call *c, const char *name) {
    size_t n;
    const int64_t *v = rsl_node_ints(c->node, name, &n);
    static const int64_t none[1];
    if (n != (size_t)c->in[0]->shape.rank) {
        rsl_sentence("attribute '%s' has %zu numbers for %d axes", name, n, c->in[0]->shape.rank);
        return NULL;
    }
    return n ? v : none;
}

/* |step| < dim and n <= dim keep the product far from overflow. */
static bool fits(const struct rsl_cut *cut, int64_t dim) {
    if (cut->n == 0) return true;
    if (cut->n > dim || cut->start < 0 || cut->start >= dim) return false;
    if (cut->n == 1) return true;
    if (cut->step == 0 || cut->step >= dim || cut->step <= -dim) return false;
    int64_t last = cut->start + (cut->n - 1) * cut->step;
    return last >= 0 && last < dim;
}

int rsl_slice_grad_cuts(const struct rsl_call *c, struct rsl_shape *x,
                        struct rsl_cut cuts[RSL_MAX_RANK]) {
    const struct rsl_shape *dy = &c->in[0]->shape;
    const int64_t *shape = numbers(c, "shape"), *start = shape ? numbers(c, "starts") : NULL;
    const int64_t *step = start ? numbers(c, "steps") : NULL;
    if (!step) return RSL_EGRAPH;
    *x = rsl_shape_of(dy->rank, shape);
    RSL_TRY(rsl_shape_check(x));
    for (int k = 0; k < dy->rank; k++) {
        cuts[k] = (struct rsl_cut){.start = start[k], .step = step[k], .n = dy->dim[k]};
        if (!fits(&cuts[k], x->dim[k]))
            return rsl_fail(RSL_EGRAPH,
                            "axis %d: %" PRId64 " elements from %" PRId64 " by steps of %" PRId64
                            " leave dimension %" PRId64,
                            k, cuts[k].n, start[k], step[k], x->dim[k]);
        if (cuts[k].n < 2) cuts[k].step = 1;
    }
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_shape x;
    struct rsl_cut cuts[RSL_MAX_RANK];
    RSL_TRY(rsl_slice_grad_cuts(c, &x, cuts));
    return rsl_set_out(c, 0, c->in[0]->dtype, &x);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *dy = c->in[0];
    struct rsl_tensor *dx = c->out[0];
    struct rsl_shape x;
    struct rsl_cut cuts[RSL_MAX_RANK] = {{0}};
    RSL_TRY(rsl_slice_grad_cuts(c, &x, cuts));
    if (rsl_tensor_bytes(dx)) memset(dx->data, 0, rsl_tensor_bytes(dx));
    if (rsl_tensor_count(dy) == 0) return RSL_OK;
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK], first = 0;
    rsl_strides(&dy->shape, from);
    rsl_strides(&x, to);
    struct rsl_walk w = {.rank = 0};
    for (int k = 0; k < x.rank; k++) {
        first += cuts[k].start * to[k];
        rsl_walk_add(&w, cuts[k].n, to[k] * cuts[k].step, from[k]);
    }
    size_t bytes = rsl_dtype_bytes((int)dy->dtype);
    rsl_copy_strided(&w, (char *)dx->data + (size_t)first * bytes, dy->data, bytes);
    return RSL_OK;
}

const struct rsl_op rsl_op_SliceGrad = {
    .name = "SliceGrad",
    .domain = "resile",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
