/* Building an integer network: what integer_network.c (which layers there are, which values become
 * integers, with which scales) and integer_emit.c (the nodes) share. */
#ifndef RSL_MEMORY_INTEGER_BUILDER_H
#define RSL_MEMORY_INTEGER_BUILDER_H

#include "memory/integer_int.h"

/* What becomes of a node of the fused float network. */
enum integer_form {
    FORM_FLOAT, /* it stays */
    FORM_LAYER, /* products of weights: an integer layer */
    FORM_MEAN,  /* global average pooling */
    FORM_CARRY, /* moves numbers: works on integers as it does on floats */
    FORM_TAKEN  /* done by the layer before it */
};

/* A value of the fused float network. */
struct integer_value {
    bool wanted;          /* as integers, by somebody */
    int parent;           /* values that share a scale form a tree */
    float low, high;      /* roots: the range of all of them */
    float scale;          /* roots; what the integer 1 stands for */
    enum rsl_dtype type;  /* roots: u8 or i8 */
    int as_float, as_int; /* values of the new graph, or RSL_ABSENT */
};

struct integer_builder {
    struct rsl_integer_network *q;
    const struct rsl_graph *source; /* the original */
    const struct rsl_memory *image;
    const struct rsl_ranges *ranges;
    const struct rsl_cells *cells; /* as they read now */
    enum integer_form *form;       /* of each node of q->decoded */
    int *relu; /* [nodes] the Relu that a linear layer takes over, or RSL_ABSENT */
    struct integer_value *values; /* of each of its values */
};

/* The root of a value's tree. */
struct integer_value *rsl_integer_root(struct integer_builder *b, int v);
/* The image's tensor that the weights of a layer are, or RSL_ABSENT. */
int rsl_integer_weights_of(const struct integer_builder *b, const struct rsl_node *n);
/* Input i of the node, or RSL_ABSENT. */
static inline int integer_input(const struct rsl_node *n, int i) {
    return i < n->n_in ? n->in[i] : RSL_ABSENT;
}
/* The value that node i gives, after what it has taken over. */
int rsl_integer_output(const struct integer_builder *b, size_t i);
/* The residual's value of a FusedConv, or RSL_ABSENT. */
int rsl_integer_residual(const struct rsl_node *n);

/* q->graph from q->decoded. */
int rsl_integer_emit(struct integer_builder *b);

#endif
