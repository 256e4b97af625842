/* PNG pictures from memory. */
#include "fuzz.h"

#include "io/image.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_image image;
    fuzz_limit((size_t)4 << 20);
    int width, height;
    if (rsl_png_decode(&image, data, size, "input") < 0) return 0;
    if (rsl_image_size_in(data, size, &width, &height) &&
        (width != image.width || height != image.height))
        abort();
    rsl_image_free(&image);
    return 0;
}
