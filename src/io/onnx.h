/* ONNX files: what the rest of the house may ask beyond resile/model.h.
 *
 * Read are opsets 7 to 25 of the default domain, and of opsets 1 to 6 the nodes that mean the same
 * in opset 7; functions of the model included (they are inlined). Refused by name: control flow,
 * sequences, maps, optionals, strings, sparse tensors. */
#ifndef RSL_IO_ONNX_H
#define RSL_IO_ONNX_H

#include "graph/model.h"

enum { RSL_OPSET_FIRST = 7, RSL_OPSET_LAST = 25 };

/* A ModelProto in memory, which may be released afterwards. `name` starts every sentence; `folder`
 * is where external data lie, NULL refuses them. */
int rsl_onnx_read(struct rsl_model **model, const uint8_t *data, size_t size, const char *name,
                  const char *folder);

/* A TensorProto in memory (the .pb files of ONNX's test vectors); its data live in the arena. */
int rsl_onnx_read_tensor(struct rsl_tensor *t, struct rsl_arena *arena, const uint8_t *data,
                         size_t size, const char *name);

#endif
