/* The integer network: a float network whose weights stay the codes of a memory image.
 *
 *     value = scale * (code - zero_point),  activation = scale * integer
 *
 * so that a convolution is a sum of products of integers, exact, and one multiplication per output
 * at its end (ops/fused_qlinear.h), into which normalizations, biases, residual additions and ReLU
 * go as well. Activations are u8 where they are never negative and i8 elsewhere, one scale per
 * tensor, from ranges measured before; the zero of every activation is the integer 0, padding
 * included. What only moves numbers (maximum pooling, flattening, shortcuts that pad and slice,
 * concatenation) stays in 8 bits and shares its scale; the global mean has an integer form; all
 * other operators run in f32 between dequantized and quantized values. The first layer and the last
 * are integer as well, the scores that come out of the network are f32.
 *
 * Stored weights: two's complement codes as they are; unsigned codes less an offset that makes
 * every code fit 8 bits (the zero point itself for up to 7 bits, 128 for 8), the rest of the zero
 * point being an input of the layer, corrected for exactly.
 *
 * When parameters of the image read differently, rsl_integer_apply rewrites the constants that come
 * from them, in place; a plan made of `graph` then reloads those that were written. */
#ifndef RSL_MEMORY_INTEGER_NETWORK_H
#define RSL_MEMORY_INTEGER_NETWORK_H

#include "memory/cells.h"
#include "metric/ranges.h"

struct rsl_integer_network {
    struct rsl_graph graph; /* to make plans of; its constants are this network's own */
    /* Constants (values of `graph`) that the last rsl_integer_apply or _undo wrote, each once. */
    struct {
        int *at;
        size_t n, cap;
    } written;
    struct rsl_graph
        decoded; /* the fused float network as the image reads; graph shares its data */
    struct rsl_integer_layer *layers;
    int n_layers, n_tensors;
    struct rsl_integer_tensor *tensors; /* of the image: who uses them */
    bool *is_written;                   /* [graph.values.n] */
    float *scales; /* [graph.values.n] of activations that are u8 or i8; 0: all other values */
    struct {
        struct rsl_integer_undo *at;
        size_t n, cap;
    } undo;
};

/* A copy of the graph whose parameters have the values that the image reads as; `src` must outlive
 * it. */
int rsl_memory_decode_graph(struct rsl_graph *dst, const struct rsl_graph *src,
                            const struct rsl_memory *image);

/* The network as the cells read now; NULL: as the image was built. Weights must be stored as affine
 * or symmetric codes. Refuses, by name, values that the ranges do not know. Graph and image must
 * outlive the network. */
int rsl_integer_init(struct rsl_integer_network *q, const struct rsl_graph *g,
                     const struct rsl_memory *image, const struct rsl_cells *cells,
                     const struct rsl_ranges *ranges);
void rsl_integer_free(struct rsl_integer_network *q);

/* The changes that rsl_cells_changes lists, on top of those applied before. `cells` may be NULL
 * when no scale and no zero point reads differently. After the lists have grown nothing is
 * allocated. */
int rsl_integer_apply(struct rsl_integer_network *q, const struct rsl_cells *cells,
                      const struct rsl_change *changes, size_t n);
/* Everything as it was before the first apply. */
int rsl_integer_undo(struct rsl_integer_network *q);

#endif
