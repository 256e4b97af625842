/* Random affine map about the centre: torchvision's RandomAffine(degrees, translate, scale) with
 * bilinear sampling and zeros outside, except that shifts are not rounded to whole pixels.
 *
 * The map is drawn in doubles (+ - * / only) and then applied in integers: places in units of
 * 2^-33 pixel, weights in units of 2^-11. Without turn, shift and scale it changes no byte. */
#include "data/augment.h"

#include "base/turn.h"

#include <string.h>

enum { DEGREES, SHIFT, SCALE_LOW, SCALE_HIGH }; /* in units of 10^-9 */
enum { PLACE = 33, WEIGHT = 11, ONE = 1 << WEIGHT };

static const int64_t unit = 1000000000;

/* "0.9-1.1" */
static bool parse_scale(const char *text, int64_t *number) {
    char low[24];
    size_t n = strcspn(text, "-");
    if (text[n] != '-' || n >= sizeof low) return false;
    memcpy(low, text, n);
    low[n] = 0;
    return rsl_augment_decimal(low, unit / 10, 10 * unit, &number[SCALE_LOW]) &&
           rsl_augment_decimal(text + n + 1, number[SCALE_LOW], 10 * unit, &number[SCALE_HIGH]);
}

static bool parse(int n, const char *const *field, int64_t *number) {
    number[SCALE_LOW] = number[SCALE_HIGH] = unit;
    if (n < 1 || n > 3 || !rsl_augment_decimal(field[0], 0, 180 * unit, &number[DEGREES]))
        return false;
    if (n >= 2 && !rsl_augment_decimal(field[1], 0, unit, &number[SHIFT])) return false;
    return n < 3 || parse_scale(field[2], number);
}

/* From a pixel of the result to its place in the image, both counted from pixel (0,0), in PLACE
 * units: u = ux (2x+1-W) + uy (2y+1-H) + u0, half the units for doubled pixels. */
struct map {
    int64_t ux, uy, u0, vx, vy, v0;
};

static int64_t fixed(double x) {
    return (int64_t)(x * 0x1p32 + (x < 0 ? -0.5 : 0.5));
}

/* Uniform in low..high, in steps of the range / 2^32. */
static double within(struct rsl_rng *rng, double low, double high) {
    return low + (high - low) * ((double)rsl_rng_u32(rng) * 0x1p-32);
}

/* The inverse of "scale, turn, then shift". All four are drawn whatever their ranges are. */
static struct map draw_map(const int64_t *number, struct rsl_rng *rng, int height, int width) {
    double most = (double)number[DEGREES] / 1e9 / 45, shift = (double)number[SHIFT] / 1e9;
    double eighths = within(rng, -most, most), cosine, sine;
    double right = within(rng, -shift, shift) * width, down = within(rng, -shift, shift) * height;
    double scale = within(rng, (double)number[SCALE_LOW] / 1e9, (double)number[SCALE_HIGH] / 1e9);
    eighths = eighths < 0 ? eighths + 8 : eighths;
    rsl_turn(eighths < 8 ? eighths : 0, &cosine, &sine);
    cosine = cosine / scale;
    sine = sine / scale;
    return (struct map){
        .ux = fixed(cosine),
        .uy = fixed(sine),
        .u0 = fixed(-2 * (cosine * right + sine * down)) + ((int64_t)(width - 1) << 32),
        .vx = fixed(-sine),
        .vy = fixed(cosine),
        .v0 = fixed(2 * (sine * right - cosine * down)) + ((int64_t)(height - 1) << 32),
    };
}

/* One row of the result: where its pixels lie. */
struct line {
    int64_t u, v, du, dv; /* of x = 0, and per x */
    int height, width;
};

/* The square of four pixels around the place of x: its upper left one, and how far the place is
 * from that, in units of 2^-WEIGHT pixel. */
struct square {
    int x, y; /* from -1 when the place is near the image */
    int right, down;
};

/* Requires near(l, x). */
static struct square square_of(const struct line *l, int x) {
    const int64_t pixel = (int64_t)1 << PLACE;
    uint64_t u = (uint64_t)(l->u + x * l->du + pixel), v = (uint64_t)(l->v + x * l->dv + pixel);
    return (struct square){.x = (int)(u >> PLACE) - 1,
                           .y = (int)(v >> PLACE) - 1,
                           .right = (int)(u >> (PLACE - WEIGHT) & (ONE - 1)),
                           .down = (int)(v >> (PLACE - WEIGHT) & (ONE - 1))};
}

/* Bilinear between a b above c d, rounded once. */
static uint8_t blend(const struct square *s, int a, int b, int c, int d) {
    int above = a * ONE + (b - a) * s->right, below = c * ONE + (d - c) * s->right;
    return (uint8_t)((above * ONE + (below - above) * s->down + ONE * ONE / 2) >> (2 * WEIGHT));
}

/* Less than a pixel outside, where the image still shines in. */
static bool near(const struct line *l, int x) {
    const int64_t pixel = (int64_t)1 << PLACE;
    int64_t u = l->u + x * l->du, v = l->v + x * l->dv;
    return u > -pixel && v > -pixel && u < l->width * pixel && v < l->height * pixel;
}

/* All four pixels are in the image. */
static bool inside(const struct line *l, int x) {
    const int64_t pixel = (int64_t)1 << PLACE;
    int64_t u = l->u + x * l->du, v = l->v + x * l->dv;
    return u >= 0 && v >= 0 && u < (l->width - 1) * pixel && v < (l->height - 1) * pixel;
}

static void sample_inside(const struct line *l, int x, int channels, const uint8_t *restrict in,
                          uint8_t *restrict out) {
    const struct square s = square_of(l, x);
    const size_t width = (size_t)l->width, area = (size_t)l->height * width;
    const uint8_t *upper = in + (size_t)s.y * width + (size_t)s.x, *lower = upper + width;
    for (size_t at = 0; at < (size_t)channels * area; at += area)
        out[at] = blend(&s, upper[at], upper[at + 1], lower[at], lower[at + 1]);
}

/* The byte (x,y) of a plane, zero outside. */
static int byte_at(const struct line *l, const uint8_t *plane, int x, int y) {
    bool there = x >= 0 && y >= 0 && x < l->width && y < l->height;
    return there ? plane[(size_t)y * (size_t)l->width + (size_t)x] : 0;
}

static void sample_border(const struct line *l, int x, int channels, const uint8_t *in,
                          uint8_t *out) {
    const struct square s = near(l, x) ? square_of(l, x) : (struct square){.x = -2};
    const size_t area = (size_t)l->height * (size_t)l->width;
    for (size_t c = 0; c < (size_t)channels; c++) {
        const uint8_t *plane = in + c * area;
        out[c * area] = blend(&s, byte_at(l, plane, s.x, s.y), byte_at(l, plane, s.x + 1, s.y),
                              byte_at(l, plane, s.x, s.y + 1), byte_at(l, plane, s.x + 1, s.y + 1));
    }
}

/* The pixels that lie inside are neighbours: a straight line through a rectangle. */
static void sample_row(const struct line *l, int channels, const uint8_t *in, uint8_t *out) {
    int first = 0, end = l->width;
    for (; first < end && !inside(l, first); first++)
        sample_border(l, first, channels, in, out + first);
    for (; end > first && !inside(l, end - 1); end--)
        sample_border(l, end - 1, channels, in, out + end - 1);
    for (int x = first; x < end; x++) sample_inside(l, x, channels, in, out + x);
}

static void apply(const int64_t *number, struct rsl_rng *rng, const int shape[3], const uint8_t *in,
                  uint8_t *out) {
    int height = shape[1], width = shape[2];
    struct map m = draw_map(number, rng, height, width);
    for (int y = 0; y < height; y++) {
        int64_t across = 1 - (int64_t)width, along = 2 * (int64_t)y + 1 - height;
        struct line l = {.u = m.ux * across + m.uy * along + m.u0,
                         .v = m.vx * across + m.vy * along + m.v0,
                         .du = 2 * m.ux,
                         .dv = 2 * m.vx,
                         .height = height,
                         .width = width};
        sample_row(&l, shape[0], in, out + (size_t)y * (size_t)width);
    }
}

const struct rsl_augmentation rsl_augmentation_affine = {
    .name = "affine",
    .form =
        "affine:DEGREES, affine:DEGREES:SHIFT or affine:DEGREES:SHIFT:LOW-HIGH with DEGREES "
        "from 0 to 180, SHIFT from 0 to 1, LOW and HIGH from 0.1 to 10",
    .about = "turn by up to DEGREES, shift by up to SHIFT of the size, scale by LOW to HIGH",
    .parse = parse,
    .apply = apply,
};
