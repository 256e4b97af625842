/* Resampling along axes, for Resize and Upsample.
 *
 * Each output coordinate of an axis takes a few input positions with weights (taps): 1 for nearest,
 * 2 for linear, 4 for cubic, more when antialiasing widens the filter. An output element is the
 * weighted sum over the product of its axes' taps, in double, rounded once. Coordinates and weights
 * are those of the ONNX specification and its reference implementation. */
#ifndef RSL_OPS_RESIZE_H
#define RSL_OPS_RESIZE_H

#include "graph/gradient.h"
#include "ops/op.h"

enum rsl_resize_mode { RSL_RESIZE_NEAREST, RSL_RESIZE_LINEAR, RSL_RESIZE_CUBIC };

enum rsl_resize_coordinates {
    RSL_HALF_PIXEL,
    RSL_PYTORCH_HALF_PIXEL,
    RSL_ALIGN_CORNERS,
    RSL_ASYMMETRIC,
    RSL_TF_CROP_AND_RESIZE,
    RSL_TF_HALF_PIXEL_FOR_NN,
    RSL_HALF_PIXEL_SYMMETRIC /* the middle stays in the middle, however `out` was rounded */
};

enum rsl_resize_nearest {
    RSL_ROUND_PREFER_FLOOR,
    RSL_ROUND_PREFER_CEIL,
    RSL_FLOOR,
    RSL_CEIL,
    RSL_CEIL_TO_SHRINK /* ceil where the axis shrinks, floor where it grows: Resize of opset 10 */
};

struct rsl_resize_axis {
    int64_t in, out;
    double scale;   /* out / in before rounding of out */
    double roi[2];  /* start and end in units of the input, for tf_crop_and_resize */
    int64_t taps;   /* per output coordinate */
    int64_t *place; /* [out, taps] input positions; place[0] < 0: outside, extrapolate */
    double *weight; /* [out, taps] */
};

struct rsl_resize {
    enum rsl_resize_mode mode;
    enum rsl_resize_coordinates coordinates;
    enum rsl_resize_nearest nearest;
    bool exclude_outside, antialias;
    double cubic_a, extrapolation;
    int rank;
    struct rsl_resize_axis axis[RSL_MAX_RANK];
};

/* All axes at scale 1; the mode by name. */
int rsl_resize_init(const struct rsl_call *c, struct rsl_resize *r);
/* Scale of an axis; sets out = floor(in * scale) as well. */
int rsl_resize_scale(struct rsl_resize *r, int axis, double scale);
/* Everything about a node of Resize or of Upsample. */
int rsl_resize_read(const struct rsl_call *c, struct rsl_resize *r);
int rsl_upsample_read(const struct rsl_call *c, struct rsl_resize *r);
/* Whether every output element is the input's at floor(i / factor), factors being whole: pixels
 * that are repeated. */
bool rsl_resize_repeats(const struct rsl_resize *r, int64_t factor[RSL_MAX_RANK]);
/* Shape rule: output 0 from axis[].out, scratch for the taps. */
int rsl_resize_infer(struct rsl_call *c, struct rsl_resize *r);
int rsl_resize_forward(const struct rsl_call *c, struct rsl_resize *r);
/* The rule of both: the taps of each axis as a matrix, transposed. */
int rsl_resize_gradient(struct rsl_backward *b, const struct rsl_resize *r);

#endif
