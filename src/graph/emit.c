/* Emitting nodes from gradient rules; see gradient.h. Failures stay in `status`. */
#include <stdarg.h>
#include <string.h>

#include "base/status.h"
#include "graph/gradient.h"

static const struct rsl_tensor *tensor_of(const struct rsl_backward *b, const int *values, int n,
                                          int i) {
    return i < n && values[i] != RSL_ABSENT ? &b->graph->values.at[values[i]].tensor : NULL;
}

bool rsl_wanted(const struct rsl_backward *b, int i) {
    return i < b->node.n_in && b->node.in[i] != RSL_ABSENT && b->wanted[i];
}

const struct rsl_tensor *rsl_backward_in(const struct rsl_backward *b, int i) {
    return tensor_of(b, b->node.in, b->node.n_in, i);
}

const struct rsl_tensor *rsl_backward_out(const struct rsl_backward *b, int i) {
    return tensor_of(b, b->node.out, b->node.n_out, i);
}

const struct rsl_call *rsl_backward_call(const struct rsl_backward *b, struct rsl_again *again) {
    int n = b->node.n_in < RSL_AGAIN ? b->node.n_in : RSL_AGAIN;
    *again = (struct rsl_again){.call = {.node = &b->node,
                                         .opset = b->node.opset,
                                         .n_in = n,
                                         .n_out = b->node.n_out,
                                         .in = again->in}};
    for (int i = 0; i < n; i++)
        if (rsl_backward_in(b, i)) {
            again->tensor[i] = *rsl_backward_in(b, i);
            again->in[i] = &again->tensor[i];
        }
    return &again->call;
}

/* The first failure counts. */
static bool failed(struct rsl_backward *b, int rc) {
    if (b->status == RSL_OK && rc < 0) b->status = rc;
    return b->status < 0;
}

static const struct rsl_op *find(const char *name) {
    const struct rsl_op *op = rsl_op_find("", name);
    return op ? op : rsl_op_find("resile", name);
}

void rsl_emit_many(struct rsl_backward *b, const char *op, const int *in, int n_in, int *out,
                   int n_out) {
    if (b->status < 0) return;
    const struct rsl_op *o = find(op);
    if (!o) {
        b->status = rsl_fail(RSL_EINTERNAL, "a gradient rule asks for operator '%s'", op);
        return;
    }
    for (int i = 0; i < n_out; i++) {
        if (out[i] == RSL_ABSENT) continue;
        out[i] = rsl_graph_fresh(b->graph, "grad");
        if (failed(b, out[i])) return;
    }
    failed(b, rsl_graph_add_node(b->graph, o, "", in, n_in, out, n_out));
}

int rsl_emit(struct rsl_backward *b, const char *op, int n, ...) {
    int in[8], out = 0;
    va_list args;
    va_start(args, n);
    for (int i = 0; i < n && i < 8; i++) in[i] = va_arg(args, int);
    va_end(args);
    rsl_emit_many(b, op, in, n, &out, 1);
    return b->status < 0 ? RSL_ABSENT : out;
}

static int last(const struct rsl_backward *b) {
    return (int)b->graph->nodes.n - 1;
}

void rsl_emit_int(struct rsl_backward *b, const char *name, int64_t value) {
    if (b->status == RSL_OK) failed(b, rsl_node_set_int(b->graph, last(b), name, value));
}

void rsl_emit_float(struct rsl_backward *b, const char *name, float value) {
    if (b->status == RSL_OK) failed(b, rsl_node_set_float(b->graph, last(b), name, value));
}

void rsl_emit_string(struct rsl_backward *b, const char *name, const char *value) {
    if (b->status == RSL_OK) failed(b, rsl_node_set_string(b->graph, last(b), name, value));
}

void rsl_emit_ints(struct rsl_backward *b, const char *name, const int64_t *values, size_t n) {
    if (b->status == RSL_OK) failed(b, rsl_node_set_ints(b->graph, last(b), name, values, n));
}

void rsl_emit_attributes(struct rsl_backward *b) {
    if (b->status < 0) return;
    struct rsl_node *n = &b->graph->nodes.at[last(b)];
    size_t bytes = (size_t)b->node.n_attrs * sizeof *n->attrs;
    n->attrs = bytes ? rsl_arena_memdup(&b->graph->arena, b->node.attrs, bytes) : NULL;
    n->n_attrs = b->node.n_attrs;
    if (bytes && !n->attrs) b->status = RSL_ENOMEM;
}

void rsl_emit_shape_of(struct rsl_backward *b, int i) {
    const struct rsl_shape *s = &rsl_backward_in(b, i)->shape;
    rsl_emit_ints(b, "shape", s->dim, (size_t)s->rank);
}

static int constant(struct rsl_backward *b, const struct rsl_tensor *t) {
    int v = b->status < 0 ? b->status : rsl_graph_fresh(b->graph, "grad_constant");
    if (failed(b, v)) return RSL_ABSENT;
    b->graph->values.at[v].kind = RSL_VALUE_CONSTANT;
    b->graph->values.at[v].tensor = *t;
    return v;
}

/* Of the first output that is there: the type in which gradients come. */
static enum rsl_dtype result_dtype(const struct rsl_backward *b) {
    for (int i = 0; i < b->node.n_out; i++)
        if (rsl_backward_out(b, i)) return rsl_backward_out(b, i)->dtype;
    return RSL_f32;
}

int rsl_emit_number(struct rsl_backward *b, double value) {
    struct rsl_tensor t;
    struct rsl_shape scalar = {0};
    if (b->status < 0) return RSL_ABSENT;
    if (failed(b, rsl_tensor_new(&t, &b->graph->arena, result_dtype(b), &scalar)))
        return RSL_ABSENT;
    rsl_tensor_set_double(&t, 0, value);
    return constant(b, &t);
}

int rsl_emit_constant(struct rsl_backward *b, const struct rsl_shape *shape, const double *values,
                      bool transposed) {
    struct rsl_tensor t;
    if (b->status < 0) return RSL_ABSENT;
    if (failed(b, rsl_tensor_new(&t, &b->graph->arena, result_dtype(b), shape))) return RSL_ABSENT;
    const int64_t n = rsl_tensor_count(&t), rows = transposed ? shape->dim[0] : 1;
    for (int64_t i = 0; i < n; i++) /* element (r,c) is at c * rows + r of the transpose */
        rsl_tensor_set_double(&t, i, values[i % (n / rows) * rows + i / (n / rows)]);
    return constant(b, &t);
}

int rsl_emit_with(struct rsl_backward *b, const char *op, int x, double value) {
    return rsl_emit(b, op, 2, x, rsl_emit_number(b, value));
}

int rsl_emit_list(struct rsl_backward *b, const int64_t *values, size_t n) {
    struct rsl_tensor t;
    int64_t count = (int64_t)n;
    struct rsl_shape shape = rsl_shape_of(1, &count);
    if (b->status < 0) return RSL_ABSENT;
    if (failed(b, rsl_tensor_new(&t, &b->graph->arena, RSL_i64, &shape))) return RSL_ABSENT;
    if (n) memcpy(t.data, values, n * sizeof *values);
    return constant(b, &t);
}

int rsl_emit_reduce_sum(struct rsl_backward *b, int x, const int64_t *axes, size_t n, bool keep) {
    int y = rsl_emit(b, "ReduceSum", 2, x, rsl_emit_list(b, axes, n));
    rsl_emit_int(b, "keepdims", keep);
    return y;
}

int rsl_emit_reshape(struct rsl_backward *b, int x, const struct rsl_shape *shape) {
    bool empty = false;
    for (int k = 0; k < shape->rank; k++) empty = empty || shape->dim[k] == 0;
    int y = rsl_emit(b, "Reshape", 2, x, rsl_emit_list(b, shape->dim, (size_t)shape->rank));
    if (empty) rsl_emit_int(b, "allowzero", 1); /* a 0 is one, not "as it was" */
    return y;
}

int rsl_emit_expand(struct rsl_backward *b, int x, const struct rsl_shape *shape) {
    return rsl_emit(b, "Expand", 2, x, rsl_emit_list(b, shape->dim, (size_t)shape->rank));
}

int rsl_emit_zeros_of(struct rsl_backward *b, const struct rsl_shape *shape) {
    struct rsl_shape copy = *shape; /* emitting may move the tensor it belongs to */
    return rsl_emit_expand(b, rsl_emit_number(b, 0), &copy);
}

int rsl_emit_cast(struct rsl_backward *b, int x, enum rsl_dtype to) {
    int y = rsl_emit(b, "Cast", 1, x);
    rsl_emit_int(b, "to", (int64_t)to);
    return y;
}

int rsl_emit_sum_between(struct rsl_backward *b, int x, const struct rsl_shape *wide,
                         const struct rsl_shape *narrow) {
    struct rsl_shape from = *wide, to = *narrow; /* emitting may move the originals */
    if (rsl_shape_equal(&from, &to)) return x;
    int64_t axes[RSL_MAX_RANK];
    size_t n = 0;
    int missing = from.rank - to.rank;
    for (int d = 0; d < from.rank; d++)
        if (d < missing || (to.dim[d - missing] == 1 && from.dim[d] != 1)) axes[n++] = d;
    int sum = n ? rsl_emit_reduce_sum(b, x, axes, n, true) : x;
    return missing ? rsl_emit_reshape(b, sum, &to) : sum;
}

int rsl_emit_sum_to(struct rsl_backward *b, int dy, int i) {
    return rsl_emit_sum_between(b, dy, &rsl_backward_out(b, 0)->shape,
                                &rsl_backward_in(b, i)->shape);
}

int rsl_gradient_zero(struct rsl_backward *b) {
    (void)b;
    return RSL_OK;
}

int rsl_gradient_identity(struct rsl_backward *b) {
    b->dx[0] = b->dy[0];
    return RSL_OK;
}

int rsl_gradient_reshape(struct rsl_backward *b) {
    b->dx[0] = rsl_emit_reshape(b, b->dy[0], &rsl_backward_in(b, 0)->shape);
    return RSL_OK;
}
