/* Cutout (DeVries & Taylor 2017): a square of zeros around a uniformly drawn pixel, clipped at the
 * border. Zero is a black pixel: it is cut before normalization, the paper's after it. */
#include "data/augment.h"

#include <string.h>

enum { SIDE };

static bool parse(int n, const char *const *field, int64_t *number) {
    return n == 1 && rsl_augment_whole(field[0], 0, 1024, &number[SIDE]);
}

/* The part of the square within 0..n-1; its middle is a pixel drawn from them. */
static void span(struct rsl_rng *rng, int side, int n, int *first, int *end) {
    *first = (int)rsl_rng_below(rng, (uint64_t)n) - side / 2;
    *end = *first + side > n ? n : *first + side;
    if (*first < 0) *first = 0;
}

static void apply(const int64_t *number, struct rsl_rng *rng, const int shape[3], const uint8_t *in,
                  uint8_t *out) {
    int top, bottom, left, right, height = shape[1], width = shape[2];
    size_t area = (size_t)height * (size_t)width;
    span(rng, (int)number[SIDE], height, &top, &bottom);
    span(rng, (int)number[SIDE], width, &left, &right);
    memcpy(out, in, (size_t)shape[0] * area);
    for (int c = 0; c < shape[0] && right > left; c++)
        for (int y = top; y < bottom; y++)
            memset(out + (size_t)c * area + (size_t)y * (size_t)width + left, 0,
                   (size_t)(right - left));
}

const struct rsl_augmentation rsl_augmentation_cutout = {
    .name = "cutout",
    .form = "cutout:SIDE with SIDE from 0 to 1024",
    .about = "black out a square of SIDE pixels around a random pixel",
    .parse = parse,
    .apply = apply,
};
