/* SliceGrad: dx of Slice, zero but for X[starts[k] + i steps[k]] = dY[i] along each axis k; `shape`
 * is X's. */
#include <inttypes.h>
#include <string.h>

#include "ops/op.h"
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

static int infer(struct rsl_call *c) {
    const struct rsl_shape *dy = &c->in[0]->shape;
    const int64_t *shape = numbers(c, "shape"), *start = shape ? numbers(c, "starts") : NULL;
    const int64_t *step = start ? numbers(c, "steps") : NULL;
    if (!step) return RSL_EGRAPH;
    struct rsl_shape x = rsl_shape_of(dy->rank, shape);
    RSL_TRY(rsl_shape_check(&x));
    for (int k = 0; k < dy->rank; k++) {
        int64_t n = dy->dim[k], most = x.dim[k];
        if (n == 0) continue;
        /* |step| < dim and n <= dim keep the product far from overflow. */
        bool fits = n <= most && start[k] >= 0 && start[k] < most && step[k] != 0 &&
                    (n == 1 || (step[k] < most && step[k] > -most));
        int64_t end = fits && n > 1 ? start[k] + (n - 1) * step[k] : start[k];
        if (!fits || end < 0 || end >= most)
            return rsl_fail(RSL_EGRAPH,
                            "axis %d: %" PRId64 " elements from %" PRId64 " by steps of %" PRId64
                            " leave dimension %" PRId64,
                            k, n, start[k], step[k], most);
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &x);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *dy = c->in[0];
    struct rsl_tensor *dx = c->out[0];
    const int64_t *start = numbers(c, "starts"), *step = numbers(c, "steps");
    if (!start || !step) return RSL_EGRAPH;
    if (rsl_tensor_bytes(dx)) memset(dx->data, 0, rsl_tensor_bytes(dx));
    if (rsl_tensor_count(dy) == 0) return RSL_OK;
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK], first = 0;
    rsl_strides(&dy->shape, from);
    rsl_strides(&dx->shape, to);
    struct rsl_walk w = {.rank = 0};
    for (int k = 0; k < dy->shape.rank; k++) {
        first += start[k] * to[k];
        rsl_walk_add(&w, dy->shape.dim[k], to[k] * step[k], from[k]);
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
