/* External data: tensors whose bytes lie in another file of the model's folder. */
#ifndef RSL_IO_ONNX_EXTERNAL_H
#define RSL_IO_ONNX_EXTERNAL_H

#include "base/arena.h"

#include <onnx.pb-c.h>

/* Exactly `bytes` bytes into the arena, or a sentence. Keys read: location, offset, length. */
int rsl_onnx_external(void **data, const Onnx__TensorProto *proto, size_t bytes,
                      struct rsl_arena *arena, const char *folder);

#endif
