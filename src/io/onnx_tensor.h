/* TensorProto -> rsl_tensor. */
#ifndef RSL_IO_ONNX_TENSOR_H
#define RSL_IO_ONNX_TENSOR_H

#include "base/arena.h"
#include "tensor/tensor.h"

#include <onnx.pb-c.h>

/* The data stay in the message when it holds them as we need them, else they are converted or read
 * (external data, from `folder`; NULL refuses them) into the arena. Sentences do not name the
 * tensor. */
int rsl_onnx_tensor(struct rsl_tensor *t, const Onnx__TensorProto *proto, struct rsl_arena *arena,
                    const char *folder);

#endif
