/* The geometry of a convolution, computed and checked once for all who need it: the shape rules,
 * the reference kernels, and the back ends that describe convolutions to a library.
 *
 * Convolutions:            X [N,C,in...], W [M,C/group,kernel...], Y [N,M,out...]
 * Transposed convolutions: X [N,C,in...], W [C,M/group,kernel...], Y [N,M,out...]; there the
 * window slides over the output: y = i * stride + k * dilation - pad_begin. Where output_shape asks
 * for more than the windows reach, the rest holds the bias only and pad_end is not meaningful. */
#ifndef RSL_OPS_CONV_GEOMETRY_H
#define RSL_OPS_CONV_GEOMETRY_H

#include "ops/window.h"

struct rsl_conv_geometry {
    bool transposed;
    int64_t batch, in_channels, out_channels, group;
    struct rsl_window window; /* after auto_pad: pads are final */
};

/* From the call's node and the shapes of inputs `x` and `w`; the failure says what does not fit. */
int rsl_conv_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c, int x, int w);
int rsl_conv_transpose_geometry(struct rsl_conv_geometry *g, const struct rsl_call *c);
/* Refuses input i, when present, unless its shape is [out_channels]. */
int rsl_conv_need_bias(const struct rsl_conv_geometry *g, const struct rsl_call *c, int i);
/* [batch, out_channels, out...] */
struct rsl_shape rsl_conv_out_shape(const struct rsl_conv_geometry *g);
/* Nominal multiply-accumulates: every tap counts, also those on padding. */
int64_t rsl_conv_macs(const struct rsl_conv_geometry *g);

#endif
