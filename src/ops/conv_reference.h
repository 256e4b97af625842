/* The reference convolution, shared by Conv, ConvTranspose, ConvInteger, QLinearConv and FusedConv.
 *
 * Everything is computed in double: input channels in order, within them the kernel taps in
 * row-major order, starting from 0; whoever stores the plane adds the bias and rounds once. So the
 * result is the correctly rounded one but for a few ulps of double, an oracle for kernels that sum
 * in float in any order. Taps on padding are skipped, not multiplied by 0.
 *
 *     rsl_conv_start(&r, &g, c, w);
 *     for n: rsl_conv_image(&r, x, n);
 *         for m: double *y = rsl_conv_plane(&r, m);        [out...], valid until the next plane */
#ifndef RSL_OPS_CONV_REFERENCE_H
#define RSL_OPS_CONV_REFERENCE_H

#include "ops/conv_geometry.h"

struct rsl_conv_run {
    const struct rsl_conv_geometry *g;
    struct rsl_window window; /* g's, or a simpler one with the same result */
    double *weights;          /* as W; integer operators subtract their zero points here */
    double *image;            /* [C,in...] */
    double *plane;            /* [out...] */
    int64_t n_weights, n_image, n_plane;
};

size_t rsl_conv_scratch(const struct rsl_conv_geometry *g);
void rsl_conv_start(struct rsl_conv_run *r, const struct rsl_conv_geometry *g,
                    const struct rsl_call *c, int w);
void rsl_conv_image(struct rsl_conv_run *r, const struct rsl_tensor *x, int64_t n);
double *rsl_conv_plane(struct rsl_conv_run *r, int64_t m);
/* Rounds the plane to y's type and stores it as channel m of image n. */
void rsl_conv_store(const struct rsl_conv_run *r, struct rsl_tensor *y, int64_t n, int64_t m);

/* The whole of Conv and ConvTranspose: output 0 from X, W and the optional bias in input 2. */
void rsl_conv_forward(const struct rsl_call *c, const struct rsl_conv_geometry *g);
/* Takes input i, a zero point for all weights or one per output channel, off the weights. */
void rsl_conv_subtract_zero(struct rsl_conv_run *r, const struct rsl_call *c, int i);

#endif
