/* Laying buffers out in one workspace by their lifetimes. */
#ifndef RSL_GRAPH_LIFETIME_H
#define RSL_GRAPH_LIFETIME_H

#include <stddef.h>

/* A buffer in use from step `first` to step `last`, both included. */
struct rsl_lifetime {
    size_t bytes;
    int first, last;
    size_t offset; /* result */
};

/* Gives every buffer an offset, multiple of 64, so that buffers in use at the same time do not
 * overlap. Returns RSL_OK with the workspace's size in *total, or RSL_ENOMEM. */
int rsl_lifetime_layout(struct rsl_lifetime *buffers, size_t n, size_t *total);

#endif
