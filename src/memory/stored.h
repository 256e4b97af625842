/* Models whose weights are stored: constants and the bits they are read from, kept in step. */
#ifndef RSL_MEMORY_STORED_H
#define RSL_MEMORY_STORED_H

#include "graph/model.h"
#include "memory/mix.h"

/* Whether these weights of the graph can become what stored codes read as: those of f32 can. */
int rsl_stored_accepts(const struct rsl_graph *g, const struct rsl_memory_tensor *weights);

/* From now on the model's weights are what the image of its graph reads as: their constants get
 * those values. The model owns the image, also when that fails. Refuses weights that are not f32,
 * which the values might not fit. */
int rsl_model_store(struct rsl_model *m, struct rsl_memory *image);

/* An image of the model's parameters, stored as the text says (mix.h). NULL: bit for bit as the
 * model is stored already, or else as `otherwise`, or, if that is NULL too, as f16 or bf16 where
 * the file has all weights so, else f32. *mix says how, and is to be freed. Refuses other codes for
 * weights that are stored as codes. */
int rsl_model_image(struct rsl_memory **image, struct rsl_mix *mix, const struct rsl_model *m,
                    const char *storage, const char *otherwise);

struct rsl_quantize_options;

/* How these options store the model's weights; to be freed. Refuses what a model cannot hold. */
int rsl_quantize_mix(struct rsl_mix *mix, const struct rsl_model *m,
                     const struct rsl_quantize_options *options);

#endif
