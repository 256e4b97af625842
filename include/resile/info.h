/* What a model consists of: `resile info`.
 *
 * Counts are for one image. All numbers are fixed when the info is made; the model may change or go
 * away afterwards. Index arguments must be below the matching count. */
#ifndef RESILE_INFO_H
#define RESILE_INFO_H

#include "resile/model.h"
#include "resile/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_info;

/* Fails with the node's name when the shapes do not fit; an input that is open in more than its
 * first dimension is refused. */
RSL_API int rsl_model_info(struct rsl_info **info, const struct rsl_model *model);
RSL_API void rsl_info_free(struct rsl_info *info);

/* Inputs and outputs: name, element type ("f32"), and shape as in "[?,3,32,32]" (inputs as
 * declared) and "[1,10]" (outputs for one image). */
RSL_API size_t rsl_info_inputs(const struct rsl_info *info);
RSL_API const char *rsl_info_input_name(const struct rsl_info *info, size_t i);
RSL_API const char *rsl_info_input_type(const struct rsl_info *info, size_t i);
RSL_API const char *rsl_info_input_shape(const struct rsl_info *info, size_t i);
RSL_API size_t rsl_info_outputs(const struct rsl_info *info);
RSL_API const char *rsl_info_output_name(const struct rsl_info *info, size_t i);
RSL_API const char *rsl_info_output_type(const struct rsl_info *info, size_t i);
RSL_API const char *rsl_info_output_shape(const struct rsl_info *info, size_t i);

/* Totals. A constant that several nodes use counts once. */
RSL_API int64_t rsl_info_nodes(const struct rsl_info *info);
/* Trainable numbers: floating-point constants but for settings, scalars and buffers. */
RSL_API int64_t rsl_info_parameters(const struct rsl_info *info);
/* Running means and variances of batch norms. */
RSL_API int64_t rsl_info_buffers(const struct rsl_info *info);
/* Elements of the constants that convolutions and matrix products multiply with, any type. */
RSL_API int64_t rsl_info_weights(const struct rsl_info *info);
/* Stored bits of those weights. */
RSL_API int64_t rsl_info_bits(const struct rsl_info *info);
/* Multiply-accumulates of convolutions and matrix products. */
RSL_API int64_t rsl_info_macs(const struct rsl_info *info);

/* One layer per node, in the order of execution. */
RSL_API size_t rsl_info_layers(const struct rsl_info *info);
RSL_API const char *rsl_info_layer_name(const struct rsl_info *info, size_t i);
RSL_API const char *rsl_info_layer_op(const struct rsl_info *info, size_t i);
/* Of its first output, for one image: "[1,64,32,32]". */
RSL_API const char *rsl_info_layer_shape(const struct rsl_info *info, size_t i);
RSL_API int64_t rsl_info_layer_parameters(const struct rsl_info *info, size_t i);
RSL_API int64_t rsl_info_layer_weights(const struct rsl_info *info, size_t i);
/* How the weights are stored: an element type ("f32"), or the storage of a quantized model
 * ("affine3/msb"); "" when there are none. */
RSL_API const char *rsl_info_layer_type(const struct rsl_info *info, size_t i);
RSL_API int64_t rsl_info_layer_bits(const struct rsl_info *info, size_t i);
RSL_API int64_t rsl_info_layer_macs(const struct rsl_info *info, size_t i);

#ifdef __cplusplus
}
#endif
#endif
