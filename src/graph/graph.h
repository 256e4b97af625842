/* The graph: ONNX semantics in three tables.
 *
 *   values  every tensor name: graph inputs, constants (initializers) and what nodes compute
 *   nodes   in topological order after rsl_graph_check; refer to values by index
 *   inputs, outputs  the graph's face, as value indices
 *
 * Everything a graph points to (names, attributes, constant data) lives in its arena or, for large
 * constants, in memory that its owner keeps (a mapped file); rsl_graph_free releases the arena
 * only. Indices, not pointers, are stable while a graph grows: values and nodes may move. */
#ifndef RSL_GRAPH_GRAPH_H
#define RSL_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/map.h"
#include "tensor/tensor.h"

struct rsl_op;

enum { RSL_ABSENT = -1 }; /* an optional input or output that is not there */

enum rsl_value_kind { RSL_VALUE_COMPUTED, RSL_VALUE_INPUT, RSL_VALUE_CONSTANT };

struct rsl_value {
    const char *name; /* unique; never NULL or empty */
    enum rsl_value_kind kind;
    /* Inputs: declared type and shape. Constants: with data. Computed: RSL_NO_DTYPE until
     * rsl_graph_infer; data are set there only when the value does not depend on any input. */
    struct rsl_tensor tensor;
    int producer; /* node index, or RSL_ABSENT */
};

/* Numbered as AttributeProto.AttributeType. */
enum rsl_attr_type {
    RSL_ATTR_FLOAT = 1,
    RSL_ATTR_INT = 2,
    RSL_ATTR_STRING = 3,
    RSL_ATTR_TENSOR = 4,
    RSL_ATTR_FLOATS = 6,
    RSL_ATTR_INTS = 7,
    RSL_ATTR_STRINGS = 8
};

struct rsl_attr {
    const char *name;
    enum rsl_attr_type type;
    size_t count; /* of floats, ints, strings; else 1 */
    union {
        float f;
        int64_t i;
        const char *s;
        const struct rsl_tensor *t;
        const float *floats;
        const int64_t *ints;
        const char *const *strings;
    };
};

struct rsl_node {
    const char *name; /* never NULL; may be "" in the file, then "<op>_<index>" is made up */
    const struct rsl_op *op;
    int opset; /* version of the operator's domain that the node was written for */
    int n_in, n_out;
    int *in, *out; /* value indices, RSL_ABSENT where left out */
    int n_attrs;
    struct rsl_attr *attrs;
};

struct rsl_graph {
    struct rsl_arena arena;
    const char *name;
    int opset; /* of the default domain, for nodes added by hand */
    struct {
        struct rsl_value *at;
        size_t n, cap;
    } values;
    struct {
        struct rsl_node *at;
        size_t n, cap;
    } nodes;
    struct {
        int *at;
        size_t n, cap;
    } inputs, outputs;
    struct rsl_map names; /* value name -> index */
};

enum { RSL_OPSET = 17 }; /* what we write by default; io/onnx.h says what is read */

/* An empty graph; opset RSL_OPSET. Cannot fail. */
void rsl_graph_init(struct rsl_graph *g);
void rsl_graph_free(struct rsl_graph *g);
/* Copies names, nodes and attributes; constant data are shared with `src`, which must outlive. */
int rsl_graph_copy(struct rsl_graph *dst, const struct rsl_graph *src);

/* ---- building: each returns an index >= 0, or a negative status ---- */

/* Index of the value called `name`, made (kind COMPUTED, no producer) when new. */
int rsl_graph_value(struct rsl_graph *g, const char *name);
int rsl_graph_find(const struct rsl_graph *g, const char *name); /* RSL_ABSENT when unknown */
/* A fresh value with a made-up unique name that starts with `stem`. */
int rsl_graph_fresh(struct rsl_graph *g, const char *stem);
int rsl_graph_add_input(struct rsl_graph *g, const char *name, enum rsl_dtype dtype,
                        const struct rsl_shape *shape);
/* The data are not copied. Refuses a name that already is an input, constant or computed. */
int rsl_graph_add_constant(struct rsl_graph *g, const char *name, const struct rsl_tensor *tensor);
/* Appends a node; `in` and `out` are copied. Refuses an output that is an input, a constant, or
 * produced already, be it by the same node: it would be written twice. */
int rsl_graph_add_node(struct rsl_graph *g, const struct rsl_op *op, const char *name,
                       const int *in, int n_in, const int *out, int n_out);
int rsl_graph_add_output(struct rsl_graph *g, int value);

/* Attributes of the node added last or any other; arrays and texts are copied. RSL_OK or error. */
int rsl_node_set_int(struct rsl_graph *g, int node, const char *name, int64_t value);
int rsl_node_set_float(struct rsl_graph *g, int node, const char *name, float value);
int rsl_node_set_string(struct rsl_graph *g, int node, const char *name, const char *value);
int rsl_node_set_ints(struct rsl_graph *g, int node, const char *name, const int64_t *values,
                      size_t n);
int rsl_node_set_floats(struct rsl_graph *g, int node, const char *name, const float *values,
                        size_t n);
int rsl_node_set_strings(struct rsl_graph *g, int node, const char *name, const char *const *values,
                         size_t n);
int rsl_node_set_tensor(struct rsl_graph *g, int node, const char *name,
                        const struct rsl_tensor *value);
/* As set_tensor, but the data are not copied: they must outlive the graph, as a constant's. */
int rsl_node_share_tensor(struct rsl_graph *g, int node, const char *name,
                          const struct rsl_tensor *value);

/* Whether the node's operator is called that; ONNX's names and ours are all different. */
bool rsl_node_is(const struct rsl_node *n, const char *name);

/* ---- reading attributes: the default when absent or of another type ---- */

const struct rsl_attr *rsl_node_attr(const struct rsl_node *n, const char *name); /* or NULL */
int64_t rsl_node_int(const struct rsl_node *n, const char *name, int64_t otherwise);
float rsl_node_float(const struct rsl_node *n, const char *name, float otherwise);
const char *rsl_node_string(const struct rsl_node *n, const char *name, const char *otherwise);
/* NULL with *count = 0 when absent. */
const int64_t *rsl_node_ints(const struct rsl_node *n, const char *name, size_t *count);

/* ---- whole graph ---- */

/* Sorts the nodes topologically (stable) and refuses, by name: cycles, inputs that nothing
 * produces, wrong numbers of inputs or outputs, graphs without output. */
int rsl_graph_check(struct rsl_graph *g);

/* Fills dtype and shape of every computed value, from inputs whose shapes are all known; values
 * that depend on constants only are computed (with the reference kernels) and keep their data in
 * the arena when they have at most `fold_limit` elements or a shape depends on them. The graph must
 * have been checked. */
int rsl_graph_infer(struct rsl_graph *g, int64_t fold_limit);

/* Runs the marked nodes (per node; their inputs are constants or outputs of marked nodes) with the
 * reference kernels, the results as data of their values. Fails when they have more than `most`
 * elements together. */
int rsl_graph_compute(struct rsl_graph *g, const bool *marked, int64_t most);

/* Takes the marked nodes out and checks the graph. */
int rsl_graph_remove(struct rsl_graph *g, const bool *marked);

/* Sets the first dimension of every input whose first dimension is unknown (-1). */
void rsl_graph_set_batch(struct rsl_graph *g, int64_t batch);

/* Uses of each value by nodes, plus one per appearance among the outputs. `uses` has values.n. */
void rsl_graph_count_uses(const struct rsl_graph *g, int *uses);

#endif
