/* Weights that a file computes from its constants: weight normalisation, v / |v| * g, is exported
 * as nodes. Computed once they are weights like all others, with bits of their own. */
#ifndef RSL_GRAPH_FOLD_H
#define RSL_GRAPH_FOLD_H

#include "graph/model.h"

/* Makes constants of the weights that are computed from constants, and takes the nodes out that
 * nothing needs any more. What cannot be computed, or only with more than a small multiple of the
 * constants' own elements, stays as it is. A form (model.h). */
int rsl_model_fold_weights(struct rsl_model *m);

#endif
