/* synth-signs: road signs drawn from nothing but (seed, split, index), 32x32 RGB, 43 classes.
 *
 * The signs are drawn once, large, and kept at three sizes. An image is a cluttered background, a
 * sign seen from some place, something in front of it, light, blur and noise. Only integers and
 * the IEEE operations + - * / decide a pixel (no library function, no contraction), so that every
 * machine draws the same bytes. */
#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "data/data.h"
#include "data/sign_art.h"

#include <string.h>

enum {
    SIDE = 32,
    AREA = SIDE * SIDE,
    LEVELS = 3,
    BORDER = 2, /* transparent pixels around each kept sign */
    STRIDE = SIDE + 2 * BORDER,
    NOISE_AT = 1 << 16, /* where the noise starts in an image's stream */
    TRAIN_COUNT = 40000,
    TEST_COUNT = 10000
};

static const int level_size[LEVELS] = {16, 24, 32};

struct synth {
    uint64_t seed;
    uint32_t sign[RSL_SIGNS][LEVELS][STRIDE * STRIDE];
};

/* Three planes of grey levels 0..255. */
struct painting {
    float plane[3][AREA];
};

/* ---- chance ---- */

/* Labels and images of both splits have streams of their own. */
static uint64_t image_stream(int64_t i, bool train) {
    return ((uint64_t)i + 1) << 1 | train;
}

/* Uniform in low..high. */
static int between(struct rsl_rng *r, int low, int high) {
    return low + (int)((uint64_t)rsl_rng_u32(r) * (uint64_t)(high - low + 1) >> 32);
}

/* Uniform in low..high, in steps of the range / 2^32. */
static double within(struct rsl_rng *r, double low, double high) {
    return low + (high - low) * ((double)rsl_rng_u32(r) * 0x1p-32);
}

/* Every run of 43 images has each class once, in an order of its own (43 is prime). */
static int label_of(const struct rsl_data *d, int64_t i) {
    const struct synth *s = d->state;
    struct rsl_philox4 p = rsl_philox(s->seed, d->train, (uint64_t)(i / RSL_SIGNS));
    uint64_t factor = 1 + ((uint64_t)p.v[0] * (RSL_SIGNS - 1) >> 32);
    uint64_t offset = (uint64_t)p.v[1] * RSL_SIGNS >> 32;
    return (int)((factor * (uint64_t)(i % RSL_SIGNS) + offset) % RSL_SIGNS);
}

/* ---- background ---- */

struct colour {
    int v[3];
};

static struct colour shade_near(struct rsl_rng *r, struct colour base, int spread) {
    struct colour c;
    int all = between(r, -spread, spread);
    for (int k = 0; k < 3; k++) {
        int v = base.v[k] + all + between(r, -spread / 3, spread / 3);
        c.v[k] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
    return c;
}

/* What is seen behind signs: sky, clouds, leaves, walls, asphalt, night. */
static struct colour background_colour(struct rsl_rng *r) {
    static const struct colour palette[] = {
        {{150, 185, 225}}, {{215, 220, 225}}, {{60, 95, 45}},    {{105, 120, 70}},
        {{150, 110, 85}},  {{125, 125, 128}}, {{190, 175, 150}}, {{45, 45, 50}},
    };
    return shade_near(r, palette[between(r, 0, 7)], 40);
}

/* Colours at the corners of 8x8 cells, joined linearly. */
static void paint_landscape(struct painting *p, struct rsl_rng *r) {
    enum { CELL = 8, NODES = SIDE / CELL + 1 };
    struct colour above = background_colour(r), below = background_colour(r);
    struct colour node[NODES][NODES];
    int horizon = between(r, 0, NODES), roughness = between(r, 5, 45);
    for (int y = 0; y < NODES; y++)
        for (int x = 0; x < NODES; x++)
            node[y][x] = shade_near(r, y < horizon ? above : below, roughness);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < SIDE; y++) {
            int row = y / CELL, fy = y % CELL, at[NODES];
            for (int k = 0; k < NODES; k++)
                at[k] = node[row][k].v[c] * (CELL - fy) + node[row + 1][k].v[c] * fy;
            for (int x = 0; x < SIDE; x++) {
                int k = x / CELL, fx = x % CELL;
                int v = at[k] * (CELL - fx) + at[k + 1] * fx;
                p->plane[c][y * SIDE + x] = (float)v * (1.0f / (CELL * CELL));
            }
        }
}

struct box {
    int left, top, right, bottom; /* right and bottom exclusive */
};

static int inside(int v) {
    return v < 0 ? 0 : v > SIDE ? SIDE : v;
}

static void paint_box(struct painting *p, struct box b, struct colour colour) {
    for (int c = 0; c < 3; c++)
        for (int y = inside(b.top); y < inside(b.bottom); y++)
            for (int x = inside(b.left); x < inside(b.right); x++)
                p->plane[c][y * SIDE + x] = (float)colour.v[c];
}

static void paint_disc(struct painting *p, int cx, int cy, int radius, struct colour colour) {
    for (int y = inside(cy - radius); y < inside(cy + radius + 1); y++)
        for (int x = inside(cx - radius); x < inside(cx + radius + 1); x++)
            if ((x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius)
                for (int c = 0; c < 3; c++) p->plane[c][y * SIDE + x] = (float)colour.v[c];
}

/* Windows, walls, trunks, lamps, and things in the colours of signs. */
static void paint_clutter(struct painting *p, struct rsl_rng *r) {
    static const struct colour loud[] = {
        {{200, 30, 35}}, {{30, 80, 175}}, {{235, 235, 235}}, {{240, 190, 25}}};
    int n = between(r, 0, 5);
    for (int k = 0; k < n; k++) {
        struct colour colour = background_colour(r);
        if (between(r, 0, 2) == 0) colour = shade_near(r, loud[between(r, 0, 3)], 25);
        int x = between(r, -4, SIDE), y = between(r, -4, SIDE);
        if (between(r, 0, 2) == 0)
            paint_disc(p, x, y, between(r, 1, 6), colour);
        else
            paint_box(p, (struct box){x, y, x + between(r, 1, 14), y + between(r, 1, 14)}, colour);
    }
}

/* ---- the sign ---- */

/* Where a pixel (x,y), counted from the sign's centre, lies in the kept drawing:
 * u = ux x + uy y + uxy x y, v likewise. The mixed terms stand for perspective. */
struct view {
    double cx, cy; /* centre of the sign in the image */
    double ux, uy, uxy, vx, vy, vxy;
    double reach; /* no pixel farther from the centre belongs to the sign */
    int level;
};

static struct view random_view(struct rsl_rng *r) {
    struct view w;
    double diameter = within(r, 18.0, 29.0), slack = (SIDE - diameter) / 2 + 1.5;
    w.cx = SIDE / 2.0 + within(r, -slack, slack);
    w.cy = SIDE / 2.0 + within(r, -slack, slack);
    w.level = diameter < 18 ? 0 : diameter < 25 ? 1 : 2;
    double scale = level_size[w.level] / diameter;
    /* Half the angle's tangent gives sine and cosine without a library: up to 14 degrees. */
    double t = within(r, -0.12, 0.12);
    double cosine = (1 - t * t) / (1 + t * t), sine = 2 * t / (1 + t * t);
    double narrow = within(r, 0.8, 1.0), shear = within(r, -0.12, 0.12);
    w.ux = scale * cosine / narrow;
    w.uy = scale * (sine / narrow + shear);
    w.vx = -scale * sine;
    w.vy = scale * cosine;
    w.uxy = scale * within(r, -0.01, 0.01);
    w.vxy = scale * within(r, -0.01, 0.01);
    w.reach = diameter * 0.75 + 2;
    return w;
}

/* a + (b - a) * f / 256 for the four bytes of each. */
static uint32_t mix(uint32_t a, uint32_t b, uint32_t f) {
    const uint32_t even = 0x00ff00ff;
    uint32_t low = ((a & even) * (256 - f) + (b & even) * f) >> 8 & even;
    uint32_t high = ((a >> 8 & even) * (256 - f) + (b >> 8 & even) * f) & ~even;
    return low | high;
}

/* Bilinear; u and v in 1/65536 pixel from the corner of the kept drawing. */
static uint32_t sample(const uint32_t *sign, int32_t u, int32_t v) {
    const uint32_t *at = sign + (v >> 16) * STRIDE + (u >> 16);
    uint32_t fu = (uint32_t)u >> 8 & 255, fv = (uint32_t)v >> 8 & 255;
    return mix(mix(at[0], at[1], fu), mix(at[STRIDE], at[STRIDE + 1], fu), fv);
}

/* The colour is premultiplied by its alpha. */
static void blend(struct painting *p, int at, uint32_t colour) {
    float rest = 1.0f - (float)(colour >> 24) * (1.0f / 255);
    for (int c = 0; c < 3; c++)
        p->plane[c][at] = p->plane[c][at] * rest + (float)(colour >> (8 * c) & 255);
}

static void paint_sign(struct painting *p, const uint32_t *sign, const struct view *w) {
    double corner = level_size[w->level] / 2.0 + BORDER - 0.5;
    int32_t limit = (level_size[w->level] + 2 * BORDER - 1) << 16;
    int left = inside((int)(w->cx - w->reach)), right = inside((int)(w->cx + w->reach) + 1);
    int top = inside((int)(w->cy - w->reach)), bottom = inside((int)(w->cy + w->reach) + 1);
    for (int y = top; y < bottom; y++) {
        double dx = left + 0.5 - w->cx, dy = y + 0.5 - w->cy;
        double du = w->ux + w->uxy * dy, dv = w->vx + w->vxy * dy;
        int32_t u = (int32_t)((corner + w->uy * dy + du * dx) * 65536);
        int32_t v = (int32_t)((corner + w->vy * dy + dv * dx) * 65536);
        int32_t step_u = (int32_t)(du * 65536), step_v = (int32_t)(dv * 65536);
        for (int x = left; x < right; x++, u += step_u, v += step_v)
            if (u >= 0 && v >= 0 && u < limit && v < limit)
                blend(p, y * SIDE + x, sample(sign, u, v));
    }
}

static void paint_pole(struct painting *p, struct rsl_rng *r, const struct view *w) {
    int half = between(r, 0, 1), x = (int)w->cx, grey = between(r, 70, 190);
    if (between(r, 0, 1))
        paint_box(p, (struct box){x - half, (int)w->cy, x + half + 1, SIDE},
                  (struct colour){{grey, grey, grey + 5}});
}

/* A twig, a pole or a sticker in front of the sign. */
static void paint_obstacle(struct painting *p, struct rsl_rng *r, const struct view *w) {
    if (between(r, 0, 3)) return;
    struct colour colour = background_colour(r);
    int x = (int)w->cx + between(r, -10, 10), y = (int)w->cy + between(r, -10, 10);
    int kind = between(r, 0, 2), size = between(r, 1, 2);
    if (kind == 0)
        paint_disc(p, x, y, size, colour);
    else if (kind == 1)
        paint_box(p, (struct box){x, y - 8, x + size, y + 8}, colour);
    else
        paint_box(p, (struct box){x - 8, y, x + 8, y + size}, colour);
}

/* ---- camera ---- */

/* Colour fading, a gain per channel that drifts across the image, and contrast. */
static void light(struct painting *p, struct rsl_rng *r) {
    float fade = (float)within(r, 0, 0.43), gain = (float)within(r, 0.43, 1.13);
    float contrast = (float)within(r, 0.5, 1.06), level = (float)within(r, 90, 140);
    float drift_x = (float)within(r, -0.012, 0.012), drift_y = (float)within(r, -0.012, 0.012);
    float grey[AREA];
    for (int at = 0; at < AREA; at++)
        grey[at] = p->plane[0][at] * 0.3f + p->plane[1][at] * 0.59f + p->plane[2][at] * 0.11f;
    for (int c = 0; c < 3; c++) {
        float tinted = gain + (float)within(r, -0.09, 0.09);
        for (int y = 0; y < SIDE; y++) {
            float *row = p->plane[c] + y * SIDE;
            float at_left = tinted + drift_y * (float)(y - SIDE / 2) - drift_x * (SIDE / 2);
            for (int x = 0; x < SIDE; x++) {
                float v = row[x] + (grey[y * SIDE + x] - row[x]) * fade;
                v = v * (at_left + drift_x * (float)x);
                v = level + (v - level) * contrast;
                row[x] = v < 0 ? 0 : v > 255 ? 255 : v;
            }
        }
    }
}

/* Part of the image in shadow: everything on one side of a line. */
static void cast_shadow(struct painting *p, struct rsl_rng *r) {
    if (between(r, 0, 3)) return;
    int a = between(r, -8, 8), b = between(r, -8, 8), at = between(r, -40, 40);
    float keep = (float)within(r, 0.43, 0.78);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float factor = a * (x - SIDE / 2) + b * (y - SIDE / 2) > at ? keep : 1.0f;
            for (int c = 0; c < 3; c++) p->plane[c][y * SIDE + x] *= factor;
        }
}

/* out = in weighted [side, 1 - 2 side, side] along rows; the edges are repeated. */
static void blur_rows(const float *in, float side, float *out) {
    float middle = 1 - 2 * side;
    for (int y = 0; y < SIDE; y++, in += SIDE, out += SIDE) {
        for (int x = 1; x < SIDE - 1; x++) out[x] = in[x] * middle + (in[x - 1] + in[x + 1]) * side;
        out[0] = in[0] * middle + (in[0] + in[1]) * side;
        out[SIDE - 1] = in[SIDE - 1] * middle + (in[SIDE - 2] + in[SIDE - 1]) * side;
    }
}

static void blur_columns(const float *in, float side, float *out) {
    float middle = 1 - 2 * side;
    for (int y = 0; y < SIDE; y++) {
        const float *row = in + y * SIDE;
        const float *above = y == 0 ? row : row - SIDE, *below = y == SIDE - 1 ? row : row + SIDE;
        for (int x = 0; x < SIDE; x++)
            out[y * SIDE + x] = row[x] * middle + (above[x] + below[x]) * side;
    }
}

static void blur(struct painting *p, struct rsl_rng *r) {
    float along = (float)within(r, 0, 0.27), down = (float)within(r, 0, 0.27), between_both[AREA];
    for (int c = 0; c < 3; c++) {
        blur_rows(p->plane[c], along, between_both);
        blur_columns(between_both, down, p->plane[c]);
    }
}

/* Sensor noise, triangular, and rounding to bytes [3,32,32]. */
static void expose(const struct painting *p, uint64_t seed, uint64_t stream, float strength,
                   uint8_t *pixels) {
    for (int at = 0; at < 3 * AREA; at += 16) {
        const float *values = p->plane[at / AREA] + at % AREA;
        struct rsl_philox4 four = rsl_philox(seed, stream, (uint64_t)(NOISE_AT + at / 16));
        for (int k = 0; k < 16; k++) {
            int bits = (int)(four.v[k / 4] >> (8 * (k % 4)) & 255);
            float v = values[k] + (float)((bits >> 4) + (bits & 15) - 15) * strength;
            v = v < 0 ? 0 : v > 255 ? 255 : v;
            pixels[at + k] = (uint8_t)(int)(v + 0.5f);
        }
    }
}

static int read_image(const struct rsl_data *d, int64_t i, uint8_t *pixels) {
    const struct synth *s = d->state;
    uint64_t stream = image_stream(i, d->train);
    struct rsl_rng r = rsl_rng(s->seed, stream);
    struct painting p; /* filled by paint_landscape */
    paint_landscape(&p, &r);
    paint_clutter(&p, &r);
    struct view view = random_view(&r);
    paint_pole(&p, &r, &view);
    paint_sign(&p, s->sign[label_of(d, i)][view.level], &view);
    paint_obstacle(&p, &r, &view);
    cast_shadow(&p, &r);
    light(&p, &r);
    blur(&p, &r);
    expose(&p, s->seed, stream, (float)within(&r, 0.1, 1.3), pixels);
    return RSL_OK;
}

/* ---- the set ---- */

static int draw_signs(struct synth *s) {
    struct rsl_canvas *canvas = rsl_malloc(sizeof *canvas);
    if (!canvas) return RSL_ENOMEM;
    for (int label = 0; label < RSL_SIGNS; label++) {
        rsl_sign_draw(canvas, label);
        for (int k = 0; k < LEVELS; k++)
            rsl_canvas_reduce(canvas, level_size[k], s->sign[label][k] + BORDER * STRIDE + BORDER,
                              STRIDE);
    }
    rsl_free(canvas);
    return RSL_OK;
}

static int open_synth(struct rsl_data *d, const struct rsl_data_options *options) {
    if (options->count < 0 || options->count > (int64_t)1 << 40)
        return rsl_fail(RSL_EARG, "synth-signs: %lld images; from 1 to 2^40 can be drawn",
                        (long long)options->count);
    struct synth *s = d->state = rsl_calloc(1, sizeof *s);
    if (!s) return RSL_ENOMEM;
    s->seed = options->seed;
    d->count = options->count ? options->count : d->train ? TRAIN_COUNT : TEST_COUNT;
    d->classes = RSL_SIGNS;
    d->class_names = rsl_sign_names;
    d->supers = RSL_SIGN_SUPERS;
    d->super_names = rsl_sign_super_names;
    d->super_of = rsl_sign_super_of;
    d->channels = 3;
    d->height = d->width = SIDE;
    return draw_signs(s);
}

static void close_synth(struct rsl_data *d) {
    rsl_free(d->state);
}

const struct rsl_data_type rsl_data_synth_signs = {
    .name = "synth-signs",
    .about = "drawn road signs, 32x32 RGB, 43 classes in 6 super-classes, as many as wanted",
    .drawn = true,
    .open = open_synth,
    .close = close_synth,
    .label = label_of,
    .read = read_image,
};
