/* See image.h. */
#include "io/image.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"

#include <string.h>

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

int rsl_image_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name) {
    *image = (struct rsl_image){0};
    if (n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        return rsl_jpeg_decode(image, bytes, n, name);
    if (n >= 4 && memcmp(bytes, "\x89PNG", 4) == 0) return rsl_png_decode(image, bytes, n, name);
    if (n >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7')
        return rsl_ppm_decode(image, bytes, n, name);
    return rsl_fail(RSL_EFORMAT, "%s: is neither JPEG, PNG nor PPM", name);
}

int rsl_image_load(struct rsl_image *image, const char *path) {
    struct rsl_file file;
    *image = (struct rsl_image){0};
    RSL_TRY(rsl_file_open(&file, path));
    int rc = rsl_image_decode(image, file.data, file.size, path);
    rsl_file_close(&file);
    return rc;
}
