/* What a model says of the weights that it had, and not of those that training gives it. */
#ifndef RSL_TRAIN_OUTDATED_H
#define RSL_TRAIN_OUTDATED_H

#include "graph/model.h"

/* Takes away the bits that the weights were read from, with a message that says so, and the ranges
 * that were measured of the activations. */
int rsl_drop_outdated(struct rsl_model *model);

#endif
