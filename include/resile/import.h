/* Checkpoints of other programs: parameters read from a file, the network from the zoo. */
#ifndef RESILE_IMPORT_H
#define RESILE_IMPORT_H

#include "resile/model.h"
#include "resile/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero or NULL stands for what the comment says. */
struct rsl_import_options {
    const char *arch;                /* name in the zoo; needed */
    int64_t classes;                 /* as many as the checkpoint's last layer has */
    int64_t channels, height, width; /* all three or none: the network's own input */
    /* Per channel, of pixels divided by 255: "0.485 0.456 0.406"; the network's own. */
    const char *mean, *std;
    /* Names of tensors to leave out, separated by commas; a '*' at the end stands for any rest. */
    const char *ignore;
    const char *class_names; /* path of a file with one name a line; none */
};

/* Reads safetensors, PyTorch files (zip and the older stream; a state dict alone or nested in a
 * checkpoint) and .npz, told apart by content. Names are matched tolerantly: prefixes ("module."),
 * torchvision's and CIFAR repositories' names, other numbering; in the last resort by order, when
 * all shapes agree, which the log says. Values become f32. Parameters that are missing, left over
 * or of another shape are listed all at once (RSL_EMISMATCH) and nothing is imported. */
RSL_API int rsl_import(struct rsl_model **model, const char *path,
                       const struct rsl_import_options *options);

#ifdef __cplusplus
}
#endif
#endif
