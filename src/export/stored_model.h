/* Files of models with stored weights: written as standard ONNX and recognized when read.
 *
 * The metadata entry `resile.storage` has a line for each tensor of weights that is stored as
 * codes, in the order of the image: its storage as text; where they are voted, the storage of its
 * scales (";scales=f32/tmr") and zero points (";zero_points=int8/tmr"), for all tensors protected
 * and laid out alike; a space, the name of the weights and, where it is another, a tab and the stem
 * of the nodes' names. The text names what the nodes do;
 * the nodes are what counts: they have to be exactly those that weight_nodes.h makes of it. Weights
 * without a line are f32. */
#ifndef RSL_EXPORT_STORED_MODEL_H
#define RSL_EXPORT_STORED_MODEL_H

#include "graph/model.h"

#define RSL_META_STORAGE "resile.storage"

/* A model read from such a file gets its image back, bit for bit what the file holds; its constants
 * are what the bits read as and the nodes that computed them are gone, as is the metadata entry. A
 * file whose nodes are others than the entry says stays what it is: a graph that can be run. */
int rsl_recognize_stored(struct rsl_model *m);

#endif
