/* A tensor of stored weights as standard ONNX: initializers and the nodes that read them.
 *
 * For weights called W, of n elements, S stored bits each, the graph gets
 *
 *   T.bits        u8 [B,1]  the stored bits as the image has them, bit i being bit i%8 of byte i/8
 *   T.scale       f32, T.zero_point i8, i16, i32 or f32: 1 but on the axis of the channels; where
 *                 they are protected, computed from T.scale.bits and T.zero_point.bits in the same
 *                 way (parameter_nodes.c)
 *   T.shape       i64
 *
 * where the stem T is W, or another where the graph has names that begin so, and nodes, of
 * opset 18 or the graph's later one, whose outputs are called T.*; the last of them gives W:
 *
 *   bits    BitShift by 0..7, BitwiseAnd 1, Reshape, Slice: one bit per element; layout word:
 *           [n,S], plane: [S,n]. block: Slice and Reshape to [n/512,S,512], Transpose and Reshape
 * to [S,512 (n/512)]; the last, shorter block as a plane, Concat; and the same of the spare copies
 * that stand behind all blocks (layout.h), Concat (bit_nodes.c) column  Gather: bit b of all
 * weights vote    (a and b) or ((a or b) and c) of three columns code    BitShift, BitwiseOr of the
 * columns, then Reshape to the shape value   scale * (float(code) - float(zero_point)), as
 * rsl_grid_value parity  BitwiseXor of the columns; Where: 0 where it is wrong
 *
 * Two's complement codes are turned into unsigned ones by their top bit: (code ^ s) - s. */
#ifndef RSL_EXPORT_WEIGHT_NODES_H
#define RSL_EXPORT_WEIGHT_NODES_H

#include "graph/graph.h"
#include "memory/layout.h"

enum { RSL_WEIGHT_NODES_OPSET = 18 }; /* the first that has all of them */

/* Scales or zero points as protected bits. */
struct rsl_stored_parameter {
    struct rsl_storage storage;
    struct rsl_tensor bits; /* of no type: they are not stored so */
};

struct rsl_weight_nodes {
    const char *name, *stem; /* W and T */
    struct rsl_shape shape;
    struct rsl_storage storage;                /* the axis of the channels is a number */
    struct rsl_tensor bits, scale, zero_point; /* zero_point of no type where there is none */
    struct rsl_stored_parameter stored_scale, stored_zero_point; /* in their place */
};

/* RSL_OK when weights of that storage can be written so. */
int rsl_weight_nodes_accept(const struct rsl_storage *s);
/* Whether scales or zero points of that storage are computed from bits: where they are voted. */
bool rsl_weight_nodes_votes(const struct rsl_storage *s);
/* The first of W, W.stored, W.stored2, ... that no name of a value or node of the graph begins
 * with, followed by a dot; in the graph's arena. NULL when memory is refused. */
const char *rsl_weight_nodes_stem(struct rsl_graph *g, const char *name);
/* Adds all of it to the graph, in which nothing computes W yet; tensors are shared. */
int rsl_weight_nodes_add(struct rsl_graph *g, const struct rsl_weight_nodes *w);
/* The shape of scales and zero points. */
struct rsl_shape rsl_weight_nodes_scales(const struct rsl_weight_nodes *w);

#endif
