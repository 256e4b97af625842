/* A fresh last layer, for training a network further on data of other classes. */
#ifndef RSL_TRAIN_NEW_HEAD_H
#define RSL_TRAIN_NEW_HEAD_H

#include "graph/model.h"

/* Gives the last Conv, Gemm or MatMul, and the bias that is added to it, `classes` outputs. Its
 * numbers are drawn as the zoo's and PyTorch's: uniform in +-1/sqrt(inputs of an output). All other
 * parameters stay. Refused: networks whose output is more than that layer, pooling, a view, a Relu,
 * a Dropout or a Softmax of it, and layers that share their weights. */
int rsl_new_head(struct rsl_model *model, int64_t classes, uint64_t seed);

#endif
