/* Models as commands take them: an ONNX file, or a checkpoint and the network it belongs to. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include <resile/model.h>

/* `arch` NULL: ONNX. Returns a status of the library. */
int model_file_open(struct rsl_model **model, const char *path, const char *arch);

#endif
