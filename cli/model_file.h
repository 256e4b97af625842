/* Models as commands take them: an ONNX file, or a checkpoint and the network it belongs to. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include "names.h"

#include <resile/model.h>

/* `arch` NULL: ONNX. Returns a status of the library. */
int model_file_open(struct rsl_model **model, const char *path, const char *arch);

#define MODEL_FILE_OPTIONS(owner, path, arch)                                                    \
    {"MODEL",                                                                                    \
     .type = OPTION_TEXT,                                                                        \
     .at = offsetof(owner, path),                                                                \
     .operand = true,                                                                            \
     .required = true,                                                                           \
     .complete = COMPLETE_FILE,                                                                  \
     .help = "ONNX file, or with --arch a checkpoint"},                                          \
    {                                                                                            \
        "arch", 'a', OPTION_TEXT, offsetof(owner, arch), "A",                                    \
            "MODEL is a checkpoint of this network of `resile zoo list`", .words = name_of_arch, \
                                                                          .closed = true         \
    }

#endif
