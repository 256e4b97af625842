/* PNG pictures from memory. */
#include "fuzz.h"

#include "io/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_image image;
    fuzz_limit((size_t)4 << 20);
    if (rsl_png_decode(&image, data, size, "input") >= 0) rsl_image_free(&image);
    return 0;
}
