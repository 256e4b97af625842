/* Reads the tensors of any checkpoint file; the kind is told by content, not by name:
 * safetensors, PyTorch (zip and stream), .npz and .npy. */
#ifndef RSL_IO_CHECKPOINT_H
#define RSL_IO_CHECKPOINT_H

#include "io/tensors.h"

/* Whether these are the bytes of one of them, to judge by their beginning. */
bool rsl_checkpoint_detect(const uint8_t *data, size_t size);

/* Opens the file and fills the empty list, which keeps the file open until it is freed. Failures
 * name the path. The list is to be freed also after a failure. */
int rsl_checkpoint_read(struct rsl_tensors *ts, const char *path);

/* The same from bytes that outlive the list. */
int rsl_checkpoint_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size);

#endif
