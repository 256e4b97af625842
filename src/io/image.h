/* A decoded picture: bytes [height,width,channels], rows without gaps; and the readers of JPEG, PNG
 * and PNM, which give what Pillow's Image.open(...).convert("RGB") gives. */
#ifndef RSL_IO_IMAGE_H
#define RSL_IO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger pictures are refused before memory is taken: a photograph has 10^7 pixels, a
 * decompression bomb 10^9. */
enum { RSL_IMAGE_SIDE = 1 << 16, RSL_IMAGE_PIXELS = 1 << 26 };

struct rsl_image {
    int width, height, channels; /* channels: 1 grey, 3 RGB */
    uint8_t *pixels;
};

/* Takes memory for the given size (not cleared); RSL_EFORMAT when it is beyond the limits. */
int rsl_image_new(struct rsl_image *image, int width, int height, int channels);
void rsl_image_free(struct rsl_image *image);

/* Decodes a picture in memory to RGB; the format is recognised by content. `name` is for
 * messages. */
int rsl_image_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name);
int rsl_image_load(struct rsl_image *image, const char *path);

/* The size by the header, without decoding; of a file nearly always by its first 4096 bytes. */
int rsl_image_size(const char *path, int *width, int *height);
bool rsl_image_size_in(const uint8_t *bytes, size_t n, int *width, int *height);

/* One format each. */
int rsl_jpeg_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name);
int rsl_png_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name);
/* P5 and P6 with at most 255 as the largest value; what follows the pixels is ignored. */
int rsl_ppm_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name);

bool rsl_ppm_size(const uint8_t *bytes, size_t n, unsigned *width, unsigned *height);

#endif
