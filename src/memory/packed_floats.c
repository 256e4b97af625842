/* The ends of layers of floats. */
#include "memory/packed_ends.h"

#include <math.h>
#include <string.h>

/* ---- activations to digits ---- */

/* The largest activation fills the range of 24 bits. */
static double unit_of(const struct rsl_packed_layer *l, int64_t image) {
    const int64_t n = l->channels * l->in[0] * l->in[1];
    const float *x = l->floats.x + image * n;
    int32_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= INT32_MAX;
        largest = bits > largest ? bits : largest;
    }
    float max;
    int exponent;
    memcpy(&max, &largest, sizeof max);
    if (!isfinite(max)) return 0;
    double fraction = frexp((double)max, &exponent);
    exponent -= fraction * 0x1p23 <= RSL_PACKED_LARGEST ? 23 : 22;
    return ldexp(1, exponent < -126 ? -126 : exponent);
}

/* X, whose digits are stored. */
static inline int32_t split_one(float x, float per_unit, int8_t *d0, int8_t *d1, int8_t *d2) {
    int32_t all = (int32_t)lrintf(x * per_unit), rest = all;
    *d0 = (int8_t)rest;
    rest = (rest - *d0) >> 8;
    *d1 = (int8_t)rest;
    *d2 = (int8_t)((rest - *d1) >> 8);
    return all;
}

static int64_t split(const struct rsl_packed_layer *l, int64_t image, int64_t from, int64_t n,
                     int8_t *to, int64_t step, int64_t next) {
    const float *x = l->floats.x + image * l->channels * l->in[0] * l->in[1] + from;
    const float per_unit = (float)(1 / l->unit[image]);
    int64_t sum = 0;
    if (step == 1) /* so that compilers see it */
        for (int64_t i = 0; i < n; i++)
            sum += split_one(x[i], per_unit, &to[i], &to[i + next], &to[i + 2 * next]);
    else
        for (int64_t i = 0; i < n; i++, to += step)
            sum += split_one(x[i], per_unit, to, to + next, to + 2 * next);
    return sum;
}

/* ---- sums to outputs ---- */

/* One output of an image that is not finite, from the codes of its row. */
static double plain_sum(const struct rsl_packed_layer *l, int64_t image, int64_t pixel,
                        const uint8_t *code, double zero, double scale) {
    int64_t row = pixel / l->out[1] * l->stride[0] - l->pad_begin[0],
            column = pixel % l->out[1] * l->stride[1] - l->pad_begin[1];
    double sum = 0;
    for (int64_t c = 0; c < l->channels; c++)
        for (int64_t i = 0; i < l->kernel[0]; i++)
            for (int64_t j = 0; j < l->kernel[1]; j++, code++) {
                int64_t r = row + i * l->dilation[0], s = column + j * l->dilation[1];
                if (r < 0 || r >= l->in[0] || s < 0 || s >= l->in[1]) continue;
                int64_t at = ((image * l->channels + c) * l->in[0] + r) * l->in[1] + s;
                sum += scale * (*code - zero) * (double)l->floats.x[at];
            }
    return sum;
}

static double bias_of(const struct rsl_packed_layer *l, int64_t output) {
    const struct rsl_packed_floats *f = &l->floats;
    return f->bias ? (double)f->bias[f->one_bias ? 0 : output] : 0;
}

/* NaN takes the branch that keeps it. */
static float activated(const struct rsl_packed_floats *f, float v) {
    switch (f->activation) {
        case RSL_PACKED_RELU:
            return v < 0 ? 0 : v;
        case RSL_PACKED_CLIP:
            v = v < f->alpha ? f->alpha : v;
            return v > f->beta ? f->beta : v;
        case RSL_PACKED_LEAKY_RELU:
            return v < 0 ? f->alpha * v : v;
        case RSL_PACKED_HARD_SWISH: {
            float h = v / 6 + 0.5F;
            h = h < 0 ? 0 : h;
            return v * (h > 1 ? 1 : h);
        }
        default:
            return v;
    }
}

static void give(const struct rsl_packed_floats *f, int64_t at, float v) {
    f->y[at] = activated(f, f->z ? v + f->z[at] : v);
}

static int64_t channel_of(const struct rsl_packed_layer *l, int64_t output) {
    return l->w->codes.channels == 1 ? 0 : output;
}

static void start(const struct rsl_packed_layer *l, struct packed_outputs *o) {
    for (int k = 0; k < RSL_PACKED_OUTPUTS; k++) {
        bool there = k < o->n;
        int64_t channel = there ? channel_of(l, o->first + k) : 0;
        o->zero[k] = rsl_packed_zero(l->w, channel);
        o->scale[k] = (double)l->w->codes.scale[channel];
        o->bias[k] = there ? bias_of(l, o->first + k) : 0;
    }
}

static void tile(const struct rsl_packed_layer *l, struct rsl_tile *t,
                 const struct packed_outputs *o, int64_t first) {
    const int64_t pixels = packed_pixels(l);
    t->zero = o->zero;
    t->scale = o->scale;
    t->bias = o->bias;
    for (int p = 0; p < t->pixels; p++) t->unit[p] = l->unit[(first + p) / pixels];
    l->cpu->tile(t);
    for (int p = 0; p < t->pixels; p++) {
        const int64_t at = packed_place(l, first + p, o->first);
        for (int k = 0; k < o->n; k++) {
            float v = t->y[p][k];
            if (t->unit[p] == 0)
                v = (float)(plain_sum(l, (first + p) / pixels, (first + p) % pixels,
                                      o->code + k * l->terms, o->zero[k], o->scale[k]) +
                            o->bias[k]);
            give(&l->floats, at + k * pixels, v);
        }
    }
}

static void row(const struct rsl_packed_layer *l, int64_t output,
                const int64_t sum[RSL_PACKED_DIGITS], double total, uint8_t *code) {
    const int64_t channel = channel_of(l, output);
    double zero = rsl_packed_zero(l->w, channel), scale = (double)l->w->codes.scale[channel];
    double v = (double)sum[2] * 65536 + (double)sum[1] * 256 + (double)sum[0];
    v = (v - zero * total) * (scale * l->unit[0]);
    if (l->unit[0] == 0) {
        rsl_packed_codes(l->w, output * l->terms, l->terms, code);
        v = plain_sum(l, 0, 0, code, zero, scale);
    }
    give(&l->floats, output, (float)(v + bias_of(l, output)));
}

const struct rsl_packed_ends rsl_packed_float_ends = {
    .digits = RSL_PACKED_DIGITS,
    .unit = unit_of,
    .split = split,
    .start = start,
    .tile = tile,
    .row = row,
};
