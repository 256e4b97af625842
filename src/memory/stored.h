/* Models whose weights are stored: constants and the bits they are read from, kept in step. */
#ifndef RSL_MEMORY_STORED_H
#define RSL_MEMORY_STORED_H

#include "graph/model.h"
#include "memory/image.h"

/* From now on the model's weights are what the image of its graph reads as: their constants get
 * those values. The model owns the image, also when that fails. Refuses weights that are not f32,
 * which the values might not fit. */
int rsl_model_store(struct rsl_model *m, struct rsl_memory *image);

#endif
