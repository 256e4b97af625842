/* Convolutions as oneDNN describes them: what the forward pass and the gradients share. */
#ifndef RSL_DNNL_CONV_H
#define RSL_DNNL_CONV_H

#include "dnnl/dnnl_int.h"

struct conv_window {
    dnnl_dims_t strides, dilations, begin, end;
};

struct conv_window rsl_dnnl_conv_window(const struct rsl_window *w);
/* Weights as oneDNN sees them: [G,] O, I, kernel..., in a layout of its choice (`any`) or over the
 * row-major ONNX bytes (for transposed convolutions those are I, O, kernel...). */
bool rsl_dnnl_conv_weights(const struct rsl_conv_geometry *g, dnnl_data_type_t type, bool any,
                           dnnl_memory_desc_t *md);
/* 3x3 convolutions of stride 1 with enough channels and pixels for Winograd's transforms. */
bool rsl_dnnl_winograd_pays(const struct rsl_conv_geometry *g);
/* What bf16 is not worth or not safe in an implementation that was chosen. */
bool rsl_dnnl_conv_shuns(const struct rsl_conv_geometry *g, const_dnnl_primitive_desc_t pd);

#endif
