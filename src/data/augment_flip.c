/* Random horizontal flip: torchvision's RandomHorizontalFlip(p). */
#include "data/augment.h"

#include <string.h>

enum { THRESHOLD }; /* of 2^32: the chance of a flip */

static bool parse(int n, const char *const *field, int64_t *number) {
    const int64_t one = 1000000000;
    int64_t chance = one / 2;
    if (n > 1 || (n == 1 && !rsl_augment_decimal(field[0], 0, one, &chance))) return false;
    number[THRESHOLD] = (int64_t)(((uint64_t)chance << 32) / (uint64_t)one);
    return true;
}

static void apply(const int64_t *number, struct rsl_rng *rng, const int shape[3], const uint8_t *in,
                  uint8_t *out) {
    size_t width = (size_t)shape[2], rows = (size_t)shape[0] * (size_t)shape[1];
    if ((int64_t)rsl_rng_u32(rng) >= number[THRESHOLD]) {
        memcpy(out, in, rows * width);
        return;
    }
    for (size_t y = 0; y < rows; y++, in += width, out += width)
        for (size_t x = 0; x < width; x++) out[x] = in[width - 1 - x];
}

const struct rsl_augmentation rsl_augmentation_flip = {
    .name = "flip",
    .form = "flip or flip:CHANCE with CHANCE from 0 to 1",
    .about = "mirror left and right, with chance 0.5 or as given",
    .parse = parse,
    .apply = apply,
};
