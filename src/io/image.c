/* See image.h. */
#include "io/image.h"

#include "base/alloc.h"
#include "base/status.h"

int rsl_image_new(struct rsl_image *image, int width, int height, int channels) {
    *image = (struct rsl_image){0};
    if (width < 1 || height < 1 || width > RSL_IMAGE_SIDE || height > RSL_IMAGE_SIDE ||
        (int64_t)width * height > RSL_IMAGE_PIXELS)
        return rsl_fail(RSL_EFORMAT, "a picture of %dx%d pixels is beyond what is read", width,
                        height);
    uint8_t *pixels = rsl_malloc((size_t)width * (size_t)height * (size_t)channels);
    if (!pixels) return RSL_ENOMEM;
    *image = (struct rsl_image){width, height, channels, pixels};
    return RSL_OK;
}

void rsl_image_free(struct rsl_image *image) {
    rsl_free(image->pixels);
    *image = (struct rsl_image){0};
}
