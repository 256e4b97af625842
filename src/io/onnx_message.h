/* Unpacking one protobuf message with protobuf-c, safely, into an arena. */
#ifndef RSL_IO_ONNX_MESSAGE_H
#define RSL_IO_ONNX_MESSAGE_H

#include "base/arena.h"

#include <onnx.pb-c.h>
#include <stdint.h>

/* *message lives in the arena, large byte fields aligned to 64; nothing points into `data`. */
int rsl_onnx_unpack(void **message, const ProtobufCMessageDescriptor *type, const uint8_t *data,
                    size_t size, struct rsl_arena *arena);

#endif
