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

/* A square of four pixels around a place: the upper left one (x and y from -1) and the weights. */
struct square {
    int x, y;
    uint32_t weight[4];
};

/* False when no pixel of the image is near (u,v). */
static bool find_square(int64_t u, int64_t v, int height, int width, struct square *s) {
    const int64_t pixel = (int64_t)1 << PLACE;
    if (u <= -pixel || v <= -pixel || u >= width * pixel || v >= height * pixel) return false;
    u += pixel;
    v += pixel;
    s->x = (int)(u >> PLACE) - 1;
    s->y = (int)(v >> PLACE) - 1;
    uint32_t fu = (uint32_t)(u >> (PLACE - WEIGHT)) & (ONE - 1);
    uint32_t fv = (uint32_t)(v >> (PLACE - WEIGHT)) & (ONE - 1);
    s->weight[0] = (ONE - fu) * (ONE - fv);
    s->weight[1] = fu * (ONE - fv);
    s->weight[2] = (ONE - fu) * fv;
    s->weight[3] = fu * fv;
    return true;
}

static uint8_t sample_inside(const uint8_t *in, int width, const struct square *s) {
    const uint8_t *at = in + (size_t)s->y * (size_t)width + (size_t)s->x;
    uint32_t sum = at[0] * s->weight[0] + at[1] * s->weight[1] + at[width] * s->weight[2] +
                   at[width + 1] * s->weight[3];
    return (uint8_t)((sum + ONE * ONE / 2) >> (2 * WEIGHT));
}

/* Where some of the four lie outside and count as zero. */
static uint8_t sample_border(const uint8_t *in, int height, int width, const struct square *s) {
    uint32_t sum = 0;
    for (int k = 0; k < 4; k++) {
        int x = s->x + k % 2, y = s->y + k / 2;
        if (x >= 0 && y >= 0 && x < width && y < height)
            sum += in[(size_t)y * (size_t)width + (size_t)x] * s->weight[k];
    }
    return (uint8_t)((sum + ONE * ONE / 2) >> (2 * WEIGHT));
}

static void apply(const int64_t *number, struct rsl_rng *rng, const int shape[3], const uint8_t *in,
                  uint8_t *out) {
    int channels = shape[0], height = shape[1], width = shape[2];
    struct map m = draw_map(number, rng, height, width);
    size_t area = (size_t)height * (size_t)width;
    for (int y = 0; y < height; y++) {
        int64_t across = 1 - (int64_t)width, along = 2 * (int64_t)y + 1 - height;
        int64_t u = m.ux * across + m.uy * along + m.u0, v = m.vx * across + m.vy * along + m.v0;
        for (int x = 0; x < width; x++, u += 2 * m.ux, v += 2 * m.vx, out++) {
            struct square s;
            bool near = find_square(u, v, height, width, &s);
            bool inside = near && s.x >= 0 && s.y >= 0 && s.x + 1 < width && s.y + 1 < height;
            for (size_t c = 0; c < (size_t)channels; c++)
                out[c * area] = inside ? sample_inside(in + c * area, width, &s)
                                : near ? sample_border(in + c * area, height, width, &s)
                                       : 0;
        }
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
