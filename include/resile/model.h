/* Models: a graph of ONNX operators, its parameters, and what is known about it.
 *
 * Ownership: what a call hands out through a `**` pointer belongs to the caller until the matching
 * free; texts returned belong to the model. A model may be read by several threads at once. */
#ifndef RESILE_MODEL_H
#define RESILE_MODEL_H

#include "resile/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_model;

/* Reads an ONNX file (external data included). */
RSL_API int rsl_model_load(struct rsl_model **model, const char *path);
/* Writes ONNX; the file appears whole or not at all. */
RSL_API int rsl_model_save(const struct rsl_model *model, const char *path);
/* Fails as saving to a path that cannot be written does, and leaves everything as it is: to be
 * asked before hours of work. */
RSL_API int rsl_model_can_save(const char *path);
RSL_API void rsl_model_free(struct rsl_model *model);

/* States the sizes of the first input that the model leaves open, [N,C,H,W] without the batch;
 * sizes that are not open must be these. A network whose sizes are open is planned for one at a
 * time. */
RSL_API int rsl_model_set_input(struct rsl_model *model, int64_t channels, int64_t height,
                                int64_t width);

/* metadata_props: NULL when the key is absent. Keys of ours start with "resile.". */
RSL_API const char *rsl_model_meta(const struct rsl_model *model, const char *key);
/* Sets or replaces; a NULL value removes the key. */
RSL_API int rsl_model_set_meta(struct rsl_model *model, const char *key, const char *value);

#ifdef __cplusplus
}
#endif
#endif
