/* The ranges of activations that a model is to be quantized with. */
#ifndef RSL_MEMORY_INTEGER_MODEL_H
#define RSL_MEMORY_INTEGER_MODEL_H

#include "memory/integer_network.h"
#include "resile/integer.h"

#define RSL_META_RANGES "resile.ranges"

/* Those in the model's metadata (RSL_META_RANGES); without them, measured on the network as the
 * image reads, on the first images as rsl_ranges_measure takes them. */
int rsl_integer_ranges(struct rsl_ranges *ranges, const struct rsl_model *model,
                       const struct rsl_memory *image, const struct rsl_data *data,
                       const struct rsl_preprocess *preprocess, int64_t images, int threads,
                       enum rsl_clipping clipping);

#endif
