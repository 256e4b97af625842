/* Operators: what one ONNX operator is to the rest of the house.
 *
 * One file per operator in src/ops defines one `const struct rsl_op rsl_op_<Name>`; ops.def lists
 * the names. The graph and the planner know operators only through this struct and the two look-ups
 * at the end, which src/ops/op.c defines.
 * Shape rule and kernel get the same `struct rsl_call`: the rule with shapes (and the values that
 * are known when the plan is made), the kernel with all data. Neither allocates: small fixed arrays
 * on the stack, or scratch that the shape rule asks for.
 *
 * Failures say what is wrong with which input ("input 1 'B' has shape [3,4], ..."); the caller puts
 * the node's name and operator before the sentence. */
#ifndef RSL_GRAPH_OP_H
#define RSL_GRAPH_OP_H

#include "base/status.h"
#include "graph/graph.h"

enum { RSL_MANY = 65535 };

struct rsl_backward; /* gradient.h */

struct rsl_call {
    const struct rsl_node *node;
    int opset;
    int n_in, n_out;
    /* in[i] is NULL when an optional input is absent; out[i] is NULL when nobody wants it. In a
     * shape rule in[i]->data is NULL unless the value is known, and out[i] is to be filled
     * (dtype, shape). In a kernel all data are there and outputs do not overlap inputs. */
    const struct rsl_tensor *const *in;
    struct rsl_tensor *const *out;
    void *scratch;       /* kernel: scratch_size bytes, 64-byte aligned, contents undefined */
    size_t scratch_size; /* shape rule: set it when the reference kernel needs scratch */
};

struct rsl_op {
    const char *name;
    const char *domain; /* "" is ai.onnx; "resile" is for operators that rewriting makes */
    int since;          /* first opset that has the operator; 0 means before 7 */
    int until;          /* last opset that has it (Upsample: 9); 0 means still there */
    int in_min, in_max, out_min, out_max; /* counts; RSL_MANY for variadic */
    /* Bit i: the shape rule needs the value of input i (Reshape's shape, ...). */
    uint32_t value_inputs;
    /* Output 0 is input 0's bytes under another shape (Reshape, Identity): plans share them. Not
     * when further outputs are wanted or, for Dropout, when there is a training_mode input. */
    bool alias;
    /* The outputs depend on the inputs' shapes and types only (Shape, Size, EyeLike): known without
     * any data. */
    bool shape_only;
    /* Reads memory that may change between runs: never computed while planning. */
    bool unfolded;
    int (*infer)(struct rsl_call *c);
    int (*forward)(
        const struct rsl_call *c); /* the reference: plain, obvious, any dtype it admits */
    int64_t (*macs)(const struct rsl_call *c); /* multiply-accumulates; NULL: not counted */
    int (*gradient)(struct rsl_backward *b);   /* emits the way back; NULL: there is none */
};

/* The operator, or NULL. `domain` "" or "ai.onnx" are the same. */
const struct rsl_op *rsl_op_find(const char *domain, const char *name);
/* All operators in the order of ops.def; NULL after the last. */
const struct rsl_op *rsl_op_at(size_t i);

/* Refuses when input i's value decides a shape and is not known. */
int rsl_need_value(const struct rsl_call *c, int i);

#endif
