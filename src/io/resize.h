/* Resizing and cropping of 8-bit pictures, bit for bit as Pillow and torchvision do it.
 *
 * Pillow's "antialias" resampling: the filter is stretched by the reduction factor, coefficients
 * are rounded to 22 bits, rows are resampled first, their result is rounded to 8 bits, then
 * columns. */
#ifndef RSL_IO_RESIZE_H
#define RSL_IO_RESIZE_H

#include "io/image.h"

enum rsl_filter { RSL_BILINEAR, RSL_BICUBIC };

/* PIL.Image.resize((width, height), filter). `out` is a new picture. */
int rsl_resize(const struct rsl_image *in, int width, int height, enum rsl_filter filter,
               struct rsl_image *out);

/* torchvision.transforms.Resize(side): the short side becomes `side`, the long one is rounded
 * down. */
void rsl_resize_short_side(int width, int height, int side, int *new_width, int *new_height);

/* torchvision.transforms.CenterCrop: the offset of `inner` in `outer` >= inner; half pixels go to
 * the even side, as Python's round. */
int rsl_crop_offset(int outer, int inner);

#endif
