/* The innermost loops of the replay's convolutions: sums over a block of input channels. */
#ifndef RSL_REPLAY_CONV_KERNEL_H
#define RSL_REPLAY_CONV_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum { CONV_MOST_CHUNK = 160 }; /* input channels of one sum */

/* `pixels` neighbours in a row whose windows are cut off alike. */
struct conv_row {
    const float *const *x; /* planes of the input channels */
    int channels;
    const struct conv_tap {
        ptrdiff_t x; /* floats from a plane to what the first pixel reads */
        ptrdiff_t w; /* floats from a channel's weights to the tap's */
    } * tap;
    int taps;
    const float *w;   /* [channels][taps of the kernel][block] */
    ptrdiff_t w_step; /* from channel to channel */
    int pixels;
    ptrdiff_t x_step, out_step; /* floats from pixel to pixel */
    float *const *out;          /* the first pixel in each output channel */
    bool add;                   /* to what is there */
};

/* For `vectors` vectors of images per pixel: all `block` output channels at once, and one of them
 * (w then points to its weights). */
struct conv_kernels {
    int vectors, block;
    void (*rows)(const struct conv_row *k);
    void (*row)(const struct conv_row *k);
};

/* The kernels for this processor; `small`: one vector of images per pixel, whatever suits best. */
const struct conv_kernels *rsl_conv_kernels(bool small);

#endif
