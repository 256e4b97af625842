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
/* At most `pixels` output pixels and many channels, where columns and a matrix product beat direct
 * kernels. */
bool rsl_dnnl_product_pays(const struct rsl_conv_geometry *g, int64_t pixels);
/* A seq_function: data = {columns [batch * pixels, taps * C], x [batch, H, W, C]}. */
void rsl_dnnl_gather_columns(const void *geometry, void *const *data);
void rsl_dnnl_gather_columns_bf16(const void *geometry, void *const *data);
/* The gradient of the weights in that form; declines where it does not pay. */
int rsl_dnnl_conv_weight_product(struct rsl_kernel_request *rq, const struct rsl_conv_geometry *g,
                                 struct rsl_kernel **kernel);

/* What bf16 is not worth or not safe in an implementation that was chosen. */
bool rsl_dnnl_conv_shuns(const struct rsl_conv_geometry *g, const_dnnl_primitive_desc_t pd);

#endif
