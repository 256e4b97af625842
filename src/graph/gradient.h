/* The gradient of a graph is a graph: reverse-mode differentiation that appends nodes.
 *
 * The rules live in the operators' files (`gradient` of struct rsl_op); this walks the nodes
 * backwards, asks each rule for the gradients of its inputs and adds up what comes together.
 *
 * A rule sees the node with all shapes known and emits ordinary nodes:
 *
 *     static int gradient(struct rsl_backward *b) {                      y = a * b
 *         b->dx[0] = rsl_emit_sum_to(b, rsl_emit(b, "Mul", 2, b->dy[0], b->node.in[1]), 0);
 *         ...
 *         return RSL_OK;
 *     }
 *
 * A failure while emitting is remembered in `status` and from then on nothing is done, so rules
 * need no checks. Values that a rule emits have no shape yet; the plan infers them. */
#ifndef RSL_GRAPH_GRADIENT_H
#define RSL_GRAPH_GRADIENT_H

#include "graph/op.h"

/* Appends nodes that compute the derivative of the sum of `of`'s elements with respect to each of
 * the `n` values in `by`; gradients[i] is a value of by[i]'s shape, or RSL_ABSENT when `of` does
 * not depend on it. What is not in `by` is frozen: nothing is computed for its sake. The graph must
 * have been checked and inferred; afterwards it must be checked again. Operators without a rule on
 * the way are refused by node name. */
int rsl_graph_gradient(struct rsl_graph *g, int of, const int *by, size_t n, int *gradients);

/* ---- what rules use ---- */

struct rsl_backward {
    struct rsl_graph *graph;
    struct rsl_node node; /* a copy: emitting may move the graph's own */
    const int *dy;        /* per output of the node: its gradient, or RSL_ABSENT */
    const bool *wanted;   /* per input: whether its gradient is of use */
    int *dx;              /* result per input, RSL_ABSENT at first: no dependence */
    int status;
};

/* Whether input i is there and its gradient is wanted. */
bool rsl_wanted(const struct rsl_backward *b, int i);
/* The forward tensors with their shapes; data where they are constant. NULL: absent. Emitting moves
 * them: copy the shape that is needed afterwards. */
const struct rsl_tensor *rsl_backward_in(const struct rsl_backward *b, int i);
const struct rsl_tensor *rsl_backward_out(const struct rsl_backward *b, int i);

/* The forward node as its shape rule saw it, without outputs: for the functions of src/ops that
 * read attributes, lists and geometry. Holds copies of the first RSL_AGAIN inputs. */
enum { RSL_AGAIN = 8 };
struct rsl_again {
    struct rsl_call call;
    struct rsl_tensor tensor[RSL_AGAIN];
    const struct rsl_tensor *in[RSL_AGAIN];
};
const struct rsl_call *rsl_backward_call(const struct rsl_backward *b, struct rsl_again *again);

/* Appends a node of operator `op` (ai.onnx, else of domain resile) with n inputs, given as value
 * indices (RSL_ABSENT: left out), and one output, whose index it returns. */
int rsl_emit(struct rsl_backward *b, const char *op, int n, ...);
/* The same with n_out outputs, written to out[]; an entry that comes in as RSL_ABSENT is left out,
 * any other is replaced by the new value. */
void rsl_emit_many(struct rsl_backward *b, const char *op, const int *in, int n_in, int *out,
                   int n_out);
/* Attributes of the node emitted last. */
void rsl_emit_int(struct rsl_backward *b, const char *name, int64_t value);
void rsl_emit_float(struct rsl_backward *b, const char *name, float value);
void rsl_emit_string(struct rsl_backward *b, const char *name, const char *value);
void rsl_emit_ints(struct rsl_backward *b, const char *name, const int64_t *values, size_t n);
/* All attributes of the forward node. */
void rsl_emit_attributes(struct rsl_backward *b);
/* The attribute "shape": that of input i. */
void rsl_emit_shape_of(struct rsl_backward *b, int i);

/* Constants: one number of the type of the forward node's first output, a 1-D list of int64. */
int rsl_emit_number(struct rsl_backward *b, double value);
/* A tensor of these values, of the same type; a matrix may be given by its transpose. */
int rsl_emit_constant(struct rsl_backward *b, const struct rsl_shape *shape, const double *values,
                      bool transposed);
/* The operator `op` with two inputs, x and that number. */
int rsl_emit_with(struct rsl_backward *b, const char *op, int x, double value);
int rsl_emit_list(struct rsl_backward *b, const int64_t *values, size_t n);

/* dy of the broadcast shape, summed to the shape of input i: the way back through broadcasting.
 * `dy` must have the shape of output 0. */
int rsl_emit_sum_to(struct rsl_backward *b, int dy, int i);
/* The same for any two shapes, of which the narrow one broadcasts to the wide one. */
int rsl_emit_sum_between(struct rsl_backward *b, int x, const struct rsl_shape *wide,
                         const struct rsl_shape *narrow);
/* ReduceSum over the given axes (ascending), dimensions kept or dropped. */
int rsl_emit_reduce_sum(struct rsl_backward *b, int x, const int64_t *axes, size_t n, bool keep);
/* x with the shape given. */
int rsl_emit_reshape(struct rsl_backward *b, int x, const struct rsl_shape *shape);
int rsl_emit_expand(struct rsl_backward *b, int x, const struct rsl_shape *shape);
int rsl_emit_zeros_of(struct rsl_backward *b, const struct rsl_shape *shape);
int rsl_emit_cast(struct rsl_backward *b, int x, enum rsl_dtype to);

/* The rule of operators whose derivative is zero everywhere (Sign, Floor, comparisons). */
int rsl_gradient_zero(struct rsl_backward *b);
/* The rule of operators that pass the gradient on as it is (Identity). */
int rsl_gradient_identity(struct rsl_backward *b);
/* The rule of operators that only change the shape of input 0 (Reshape, Flatten, ...). */
int rsl_gradient_reshape(struct rsl_backward *b);

#endif
