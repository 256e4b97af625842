/* A packed linear layer on one image: each bit of its weights is read once, in order, and what
 * bounds it is how fast memory gives them. */
#ifndef RSL_MEMORY_PACKED_STREAM_H
#define RSL_MEMORY_PACKED_STREAM_H

#include "memory/packed_layer.h"

void rsl_packed_stream_run(const struct rsl_packed_layer *l);

#endif
