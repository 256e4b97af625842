/* Split: parts of the input along `axis`, of the sizes in `split` (attribute before opset 13, input
 * from then on) or of equal size; num_outputs (opset 18) lets the last ones be smaller. */
#include "graph/gradient.h"
#include "ops/lists.h"

#include <string.h>

/* Size of part i when no sizes are given. */
static int equal_part(const struct rsl_call *c, int64_t dim, int i, int64_t *size) {
    int64_t parts = c->n_out;
    if (c->opset < 18 && dim % parts)
        return rsl_fail(RSL_ESHAPE, "dimension %lld cannot be split into %lld equal parts",
                        (long long)dim, (long long)parts);
    int64_t chunk = dim / parts + (dim % parts != 0), left = dim - rsl_times(chunk, i);
    *size = left < 0 ? 0 : left < chunk ? left : chunk;
    return RSL_OK;
}

/* `sizes` holds the n_out parts; NULL: equal ones. */
static int check_sizes(const struct rsl_call *c, const struct rsl_tensor *sizes, int64_t dim) {
    if (!sizes) return RSL_OK;
    if (rsl_tensor_count(sizes) != c->n_out)
        return rsl_fail(RSL_ESHAPE, "there are %lld sizes for %d outputs",
                        (long long)rsl_tensor_count(sizes), c->n_out);
    int64_t left = dim;
    for (int i = 0; i < c->n_out; i++) {
        int64_t size = rsl_tensor_int(sizes, i);
        if (size < 0 || size > left) left = -1;
        if (left < 0) break;
        left -= size;
    }
    if (left == 0) return RSL_OK;
    return rsl_fail(RSL_ESHAPE, "the sizes do not add up to dimension %lld", (long long)dim);
}

/* The sizes as a tensor, also when they are an attribute; *sizes is NULL when there are none. */
static int read_sizes(const struct rsl_call *c, struct rsl_tensor *view,
                      const struct rsl_tensor **sizes) {
    const struct rsl_attr *a = rsl_node_attr(c->node, "split");
    const struct rsl_tensor *t = rsl_input(c, 1);
    if (c->opset < 13 ? t != NULL : a != NULL)
        return rsl_fail(RSL_EGRAPH, "'split' is %s in opset %d",
                        c->opset < 13 ? "an attribute" : "input 1", c->opset);
    *sizes = t;
    if (t) return rsl_need_dtype(c, 1, "i64");
    if (!a) return RSL_OK;
    size_t n;
    const int64_t *ints = rsl_node_ints(c->node, "split", &n);
    if (!ints && n) return rsl_fail(RSL_EGRAPH, "attribute 'split' is not a list of integers");
    int64_t count = (int64_t)n;
    *view = (struct rsl_tensor){.dtype = RSL_i64, .shape = rsl_shape_of(1, &count)};
    view->data = (void *)(uintptr_t)ints; /* only read */
    *sizes = view;
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_shape s = c->in[0]->shape;
    struct rsl_tensor view;
    const struct rsl_tensor *sizes;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), s.rank, false, &axis));
    RSL_TRY(read_sizes(c, &view, &sizes));
    int64_t dim = s.dim[axis], asked = rsl_node_int(c->node, "num_outputs", c->n_out);
    if (c->opset >= 18 && asked != c->n_out)
        return rsl_fail(RSL_EGRAPH, "num_outputs is %lld, the node has %d outputs",
                        (long long)asked, c->n_out);
    RSL_TRY(check_sizes(c, sizes, dim));
    for (int i = 0; i < c->n_out; i++) {
        if (sizes)
            s.dim[axis] = rsl_tensor_int(sizes, i);
        else
            RSL_TRY(equal_part(c, dim, i, &s.dim[axis]));
        RSL_TRY(rsl_set_out(c, i, c->in[0]->dtype, &s));
    }
    return RSL_OK;
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor view;
    const struct rsl_tensor *sizes;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), x->shape.rank, false, &axis));
    RSL_TRY(read_sizes(c, &view, &sizes));
    struct rsl_span all = rsl_span_at(&x->shape, axis);
    size_t bytes = rsl_dtype_bytes((int)x->dtype);
    size_t row = (size_t)(all.n * all.inner) * bytes, done = 0;
    for (int i = 0; i < c->n_out; i++) {
        int64_t size;
        if (sizes)
            size = rsl_tensor_int(sizes, i);
        else
            RSL_TRY(equal_part(c, all.n, i, &size));
        size_t part = (size_t)(size * all.inner) * bytes;
        for (size_t k = 0; c->out[i] && part && k < (size_t)all.outer; k++)
            memcpy((char *)c->out[i]->data + k * part, (const char *)x->data + k * row + done,
                   part);
        done += part;
    }
    return RSL_OK;
}

/* The parts put together again; a part that nobody differentiated is zero. */
static int gradient(struct rsl_backward *b) {
    int n = b->node.n_out;
    int *parts = rsl_arena_array(&b->graph->arena, (size_t)n, sizeof *parts);
    if (!parts) return RSL_ENOMEM;
    struct rsl_again again;
    const struct rsl_call *c = rsl_backward_call(b, &again);
    struct rsl_shape s = c->in[0]->shape;
    struct rsl_tensor view;
    const struct rsl_tensor *sizes;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", 0), s.rank, false, &axis));
    RSL_TRY(read_sizes(c, &view, &sizes));
    int64_t dim = s.dim[axis];
    for (int i = 0; i < n; i++) {
        if (sizes)
            s.dim[axis] = rsl_tensor_int(sizes, i);
        else
            RSL_TRY(equal_part(c, dim, i, &s.dim[axis]));
        parts[i] = b->dy[i] == RSL_ABSENT ? rsl_emit_zeros_of(b, &s) : b->dy[i];
    }
    b->dx[0] = 0;
    rsl_emit_many(b, "Concat", parts, n, b->dx, 1);
    rsl_emit_int(b, "axis", axis);
    return RSL_OK;
}

const struct rsl_op rsl_op_Split = {
    .name = "Split",
    .domain = "",
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = RSL_MANY,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
