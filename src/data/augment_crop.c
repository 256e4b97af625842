/* Random crop back to the image's size after padding it on all sides: torchvision's
 * RandomCrop(size, padding=PAD, padding_mode). Reflection repeats, so that every size works. */
#include "data/augment.h"

#include <string.h>

enum { PAD, REFLECT };

static bool parse(int n, const char *const *field, int64_t *number) {
    if (n < 1 || n > 2 || !rsl_augment_whole(field[0], 0, 1024, &number[PAD])) return false;
    number[REFLECT] = n == 2;
    return n == 1 || strcmp(field[1], "reflect") == 0;
}

/* Index i of a line of n, mirrored at the centres of its ends: -1 is 1, n is n-2. */
static int mirrored(int i, int n) {
    if (n == 1) return 0;
    int period = 2 * (n - 1);
    i %= period;
    if (i < 0) i += period;
    return i < n ? i : period - i;
}

/* out[x] = in[x + shift] for the x in 0..n-1 that have one; the others are filled. */
static void shift_row(const uint8_t *in, int n, int shift, bool reflect, uint8_t *out) {
    int first = shift < 0 ? -shift : 0, end = shift > 0 ? n - shift : n;
    if (first > n) first = n;
    if (end < first) end = first;
    if (end > first) memcpy(out + first, in + first + shift, (size_t)(end - first));
    for (int x = 0; x < first; x++) out[x] = reflect ? in[mirrored(x + shift, n)] : 0;
    for (int x = end; x < n; x++) out[x] = reflect ? in[mirrored(x + shift, n)] : 0;
}

static void apply(const int64_t *number, struct rsl_rng *rng, const int shape[3], const uint8_t *in,
                  uint8_t *out) {
    int pad = (int)number[PAD], height = shape[1], width = shape[2];
    bool reflect = number[REFLECT] != 0;
    int down = (int)rsl_rng_below(rng, 2 * (uint64_t)pad + 1) - pad;
    int right = (int)rsl_rng_below(rng, 2 * (uint64_t)pad + 1) - pad;
    for (int c = 0; c < shape[0]; c++, in += (size_t)height * (size_t)width)
        for (int y = 0; y < height; y++, out += width) {
            int from = y + down;
            bool outside = from < 0 || from >= height;
            if (outside && !reflect)
                memset(out, 0, (size_t)width);
            else
                shift_row(in + (size_t)mirrored(from, height) * (size_t)width, width, right,
                          reflect, out);
        }
}

const struct rsl_augmentation rsl_augmentation_crop = {
    .name = "crop",
    .form = "crop:PAD or crop:PAD:reflect with PAD from 0 to 1024",
    .about = "pad with PAD zeros (or reflections) on all sides, then crop at a random place",
    .parse = parse,
    .apply = apply,
};
