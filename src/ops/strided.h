/* Moving elements between two layouts: the one loop behind Transpose, Slice, Concat, Expand, Tile,
 * DepthToSpace and their like. It knows element sizes, not types.
 *
 * Strides are counted in elements; they may be negative (reversed) and, in the source, zero
 * (repeated). Dimensions that lie behind each other in both layouts are merged first, so that long
 * runs are moved by memcpy. */
#ifndef RSL_OPS_STRIDED_H
#define RSL_OPS_STRIDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

enum { RSL_MAX_WALK = 2 * RSL_MAX_RANK }; /* Tile and DepthToSpace split dimensions in two */

struct rsl_walk {
    int rank;
    int64_t dim[RSL_MAX_WALK], dst[RSL_MAX_WALK], src[RSL_MAX_WALK]; /* outermost first */
};

/* Appends a dimension inside the ones there are. */
void rsl_walk_add(struct rsl_walk *w, int64_t dim, int64_t dst_stride, int64_t src_stride);

/* The same places with as few dimensions as possible, at least one: those of 1 are dropped, those
 * that lie behind each other in both layouts merged. */
struct rsl_walk rsl_walk_merge(const struct rsl_walk *w);

/* dst[sum i_k dst_k] = src[sum i_k src_k] for every index i; nothing when a dimension is 0. */
void rsl_copy_strided(const struct rsl_walk *w, void *dst, const void *src, size_t bytes);

/* `count` times the element at `element`. */
void rsl_fill(void *dst, const void *element, int64_t count, size_t bytes);

/* The next index in row-major order; false, and all zeros again, after the last. */
bool rsl_step(int rank, const int64_t *dim, int64_t *index);

#endif
