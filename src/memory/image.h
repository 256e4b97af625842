/* The memory image: all parameters of a model as the bits a device would hold.
 *
 * Tensors come in five regions, one after the other in the address space:
 *
 *   weights      of convolutions and linear layers, in the order of their nodes
 *   scales       ... of the weights' encodings: one per channel or tensor
 *   zero_points  ... likewise
 *   biases       and every other learnt number that is none of the others
 *   norms        scale, shift and running statistics of normalizations
 *
 * Every address 0..bits-1 is one stored bit with a meaning; within a tensor addresses follow its
 * layout. Nothing lies between tensors. An image is never changed after it was built: what happens
 * to a device's bits is the business of rsl_cells (cells.h), of which there can be many per image.
 *
 * The image keeps no reference to the graph. */
#ifndef RSL_MEMORY_IMAGE_H
#define RSL_MEMORY_IMAGE_H

#include "base/arena.h"
#include "graph/graph.h"
#include "memory/layout.h"

enum rsl_region {
    RSL_REGION_WEIGHTS,
    RSL_REGION_SCALES,
    RSL_REGION_ZERO_POINTS,
    RSL_REGION_BIASES,
    RSL_REGION_NORMS,
    RSL_REGIONS
};

const char *rsl_region_name(enum rsl_region r);
/* "weights,scales": a set, bit r for region r. */
int rsl_regions_parse(unsigned *set, const char *text);

struct rsl_memory_tensor {
    const char *name; /* of the graph's constant; scales and zero points: of their weights */
    const char *node; /* first node with these weights; NULL in biases and norms */
    enum rsl_region region;
    int value; /* the constant's index in the graph; scales and zero points: their weights' */
    /* Weights: image indices of their scales and zero points, or RSL_ABSENT. Scales and zero
     * points: `weights` is whose they are. */
    int scales, zero_points, weights;
    struct rsl_shape shape;
    int64_t count;
    struct rsl_storage storage;
    struct rsl_groups groups;
    int64_t address; /* of its first bit; it has groups.stored */
    /* Encoding, shape, scales and zero points as they read back from the image; no codes. */
    struct rsl_codes codes;
    const uint8_t *bits; /* as built; see layout.h */
};

struct rsl_memory {
    struct rsl_arena arena;
    int n;
    struct rsl_memory_tensor *tensors;
    int64_t bits;
    struct rsl_memory_region {
        int first, n; /* tensors */
        int64_t address, bits;
        int64_t elements;
    } region[RSL_REGIONS];
};

/* Bits that exist already, as a file holds them: (stored bits + 7) / 8 bytes, or NULL. */
struct rsl_stored_bits {
    struct rsl_storage storage;
    const uint8_t *bits;
};

/* Weights whose bits exist already. */
struct rsl_stored_weights {
    struct rsl_stored_bits weights;  /* of a scaled encoding; NULL: these weights are encoded */
    const float *scale, *zero_point; /* per channel; zero_point is NULL where there is none */
    /* What these are read from, by a protection that works number by number; NULL: they are stored
     * as the options say. */
    struct rsl_stored_bits scale_bits, zero_point_bits;
};

/* As weights k of another image of the same network are stored; borrows from it. */
struct rsl_stored_weights rsl_stored_of(const struct rsl_memory *image, int k);

/* How to store what. Where `encoding.kind` is NULL: f32; zero points as the narrowest of int8,
 * int16 and int32 that holds all of a tensor's, or f32 for `paper`. Where `protection.kind` is
 * NULL: none. Only weights can have scaled encodings. */
struct rsl_memory_options {
    struct rsl_storage region[RSL_REGIONS];
    /* One for each tensor of the weights, in their order (rsl_graph_weights); NULL: all alike. */
    const struct rsl_storage *each;
    int n_each;
    /* Likewise n_each, or NULL: nothing is stored yet. */
    const struct rsl_stored_weights *stored;
};

/* Builds the image of a checked graph's parameters; NULL options: all f32. Refuses, by name,
 * weights that are no floating-point numbers (quantized already) or that their encoding cannot
 * hold, and a graph without weights. */
int rsl_memory_new(struct rsl_memory **image, const struct rsl_graph *g,
                   const struct rsl_memory_options *options);
void rsl_memory_free(struct rsl_memory *image);

/* The weights' names, nodes, shapes and counts, in the same places, and the axes of their outputs
 * in `storage`; nothing is stored. */
int rsl_memory_outline(struct rsl_memory **image, const struct rsl_graph *g);

/* ---- addresses ---- */

/* What stands at an address. */
struct rsl_cell {
    int tensor;
    int64_t group;
    int b; /* bit of the group; see layout.h */
    struct rsl_bit_role role;
    /* The weight whose code it belongs to, role.bit being a bit of that code; check bits of a
     * group of several weights: the first that has bits in it. */
    int64_t weight;
};

/* address is 0..bits-1. */
struct rsl_cell rsl_memory_locate(const struct rsl_memory *image, int64_t address);
/* The inverse: from tensor, group and b. */
int64_t rsl_memory_address(const struct rsl_memory *image, const struct rsl_cell *cell);

/* Bits that are stored for a weight alone: its code and its own redundant bits (W_stored); without
 * the check bits that it shares with others. */
int rsl_memory_weight_bits(const struct rsl_memory_tensor *t);
/* The address of one of those, bit = 0..rsl_memory_weight_bits-1, data bits first; or RSL_EARG with
 * a sentence when tensor, weight or bit do not exist. */
int64_t rsl_memory_weight_address(const struct rsl_memory *image, int tensor, int64_t weight,
                                  int bit);

/* The tensor of that name in a region, or RSL_ABSENT. */
int rsl_memory_find(const struct rsl_memory *image, enum rsl_region region, const char *name);

#endif
