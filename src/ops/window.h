/* A window that slides over an image of any rank: what convolutions and pools have in common.
 *
 * Along each spatial axis, output position o and kernel tap k look at input position
 *     i = o * stride + k * dilation - pad_begin
 * and positions outside of [0, in) are padding. */
#ifndef RSL_OPS_WINDOW_H
#define RSL_OPS_WINDOW_H

#include "ops/op.h"

enum { RSL_MAX_SPATIAL = RSL_MAX_RANK - 2 };

struct rsl_window {
    int rank; /* of the image: 1..RSL_MAX_SPATIAL */
    int64_t in[RSL_MAX_SPATIAL], out[RSL_MAX_SPATIAL];
    int64_t kernel[RSL_MAX_SPATIAL], stride[RSL_MAX_SPATIAL], dilation[RSL_MAX_SPATIAL];
    int64_t pad_begin[RSL_MAX_SPATIAL], pad_end[RSL_MAX_SPATIAL];
};

enum rsl_auto_pad { RSL_PAD_NOTSET, RSL_PAD_VALID, RSL_PAD_SAME_UPPER, RSL_PAD_SAME_LOWER };

/* Reads attribute `name`, a list of `count` integers in low..high; all are `otherwise` when it is
 * absent or empty. */
int rsl_window_ints(const struct rsl_node *n, const char *name, int count, int64_t low,
                    int64_t high, int64_t otherwise, int64_t *out);
/* Reads kernel_shape, which must be there. `rank` is set before. */
int rsl_window_kernel(struct rsl_window *w, const struct rsl_node *n);
/* Reads strides, dilations, pads and auto_pad. `rank` is set before. Explicit pads are ignored
 * when auto_pad says how to pad, as ONNX Runtime does. */
int rsl_window_read(struct rsl_window *w, const struct rsl_call *c, enum rsl_auto_pad *auto_pad);
/* Computes `out` (and, for SAME, the pads). With `ceil` a last window that is cut off counts too,
 * unless it would start behind the input and its begin padding (the rule of PyTorch, which ONNX
 * took over). Refuses a window that is larger than the padded input. */
int rsl_window_slide(struct rsl_window *w, enum rsl_auto_pad auto_pad, bool ceil);

/* Extent of the dilated window along axis i. */
int64_t rsl_window_reach(const struct rsl_window *w, int i);
/* Products over the spatial axes. */
int64_t rsl_window_in_count(const struct rsl_window *w);
int64_t rsl_window_out_count(const struct rsl_window *w);
int64_t rsl_window_kernel_count(const struct rsl_window *w);

/* Counts `at` through the box [low, high) with the last axis fastest; false after the last. */
bool rsl_window_next(int rank, int64_t *at, const int64_t *low, const int64_t *high);

#endif
