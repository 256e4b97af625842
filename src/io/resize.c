/* See resize.h. After Pillow's Resample.c, whose arithmetic (order of the double operations,
 * truncations, 22-bit coefficients) decides the last grey level and is therefore kept. */
#include "io/resize.h"

#include "base/alloc.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

enum { PRECISION = 32 - 8 - 2 };

/* For every output position: the first input position, how many, and their weights. */
struct weights {
    int width; /* room per position in `at` */
    int *first, *n;
    int32_t *at;
    double *scratch;
};

static double bilinear(double x) {
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

static int32_t to_fixed(double w) {
    return (int32_t)((w < 0 ? -0.5 : 0.5) + w * (1 << PRECISION));
}

static void weights_free(struct weights *w) {
    rsl_free(w->first);
    rsl_free(w->n);
    rsl_free(w->at);
    rsl_free(w->scratch);
}

static int weights_alloc(struct weights *w, int out, double support) {
    *w = (struct weights){.width = (int)ceil(support) * 2 + 1};
    w->first = rsl_malloc((size_t)out * sizeof *w->first);
    w->n = rsl_malloc((size_t)out * sizeof *w->n);
    w->at = rsl_malloc((size_t)out * (size_t)w->width * sizeof *w->at);
    w->scratch = rsl_malloc((size_t)w->width * sizeof *w->scratch);
    return w->first && w->n && w->at && w->scratch ? RSL_OK : RSL_ENOMEM;
}

static int weights_init(struct weights *w, int in, int out, enum rsl_filter filter) {
    double (*curve)(double) = filter == RSL_BICUBIC ? bicubic : bilinear;
    double scale = (double)in / out;
    double stretch = scale < 1.0 ? 1.0 : scale;
    double support = (filter == RSL_BICUBIC ? 2.0 : 1.0) * stretch, squeeze = 1.0 / stretch;
    int rc = weights_alloc(w, out, support);
    for (int o = 0; rc == RSL_OK && o < out; o++) {
        double center = (o + 0.5) * scale, sum = 0;
        int first = (int)(center - support + 0.5);
        if (first < 0) first = 0;
        int end = (int)(center + support + 0.5);
        if (end > in) end = in;
        w->first[o] = first;
        w->n[o] = end - first;
        for (int k = 0; k < w->n[o]; k++)
            sum += w->scratch[k] = curve((k + first - center + 0.5) * squeeze);
        int32_t *row = w->at + (size_t)o * (size_t)w->width;
        for (int k = 0; k < w->n[o]; k++)
            row[k] = to_fixed(sum != 0 ? w->scratch[k] / sum : w->scratch[k]);
    }
    return rc;
}

static uint8_t clip(int32_t sum) {
    sum >>= PRECISION;
    return sum < 0 ? 0 : sum > 255 ? 255 : (uint8_t)sum;
}

/* [H,in,C] -> [H,out,C]; C is `channels`. */
static void resample_rows(const struct rsl_image *in, const struct weights *w,
                          struct rsl_image *out) {
    size_t channels = (size_t)in->channels;
    for (int y = 0; y < in->height; y++) {
        const uint8_t *row = in->pixels + (size_t)y * (size_t)in->width * channels;
        uint8_t *to = out->pixels + (size_t)y * (size_t)out->width * channels;
        for (int x = 0; x < out->width; x++) {
            const int32_t *weight = w->at + (size_t)x * (size_t)w->width;
            for (size_t c = 0; c < channels; c++) {
                const uint8_t *from = row + (size_t)w->first[x] * channels + c;
                int32_t sum = 1 << (PRECISION - 1);
                for (int k = 0; k < w->n[x]; k++) sum += from[(size_t)k * channels] * weight[k];
                *to++ = clip(sum);
            }
        }
    }
}

/* [in,S] -> [out,S]; S is the bytes of a row, `sums` room for S numbers. */
static void resample_columns(const struct rsl_image *in, const struct weights *w,
                             struct rsl_image *out, int32_t *sums) {
    size_t stride = (size_t)in->width * (size_t)in->channels;
    for (int y = 0; y < out->height; y++) {
        const int32_t *weight = w->at + (size_t)y * (size_t)w->width;
        for (size_t s = 0; s < stride; s++) sums[s] = 1 << (PRECISION - 1);
        for (int k = 0; k < w->n[y]; k++) {
            const uint8_t *from = in->pixels + (size_t)(w->first[y] + k) * stride;
            for (size_t s = 0; s < stride; s++) sums[s] += from[s] * weight[k];
        }
        for (size_t s = 0; s < stride; s++) out->pixels[(size_t)y * stride + s] = clip(sums[s]);
    }
}

static int resize_width(const struct rsl_image *in, int width, enum rsl_filter filter,
                        struct rsl_image *out) {
    struct weights w = {0};
    RSL_TRY(rsl_image_new(out, width, in->height, in->channels));
    int rc = weights_init(&w, in->width, width, filter);
    if (rc == RSL_OK) resample_rows(in, &w, out);
    weights_free(&w);
    if (rc < 0) rsl_image_free(out);
    return rc;
}

static int resize_height(const struct rsl_image *in, int height, enum rsl_filter filter,
                         struct rsl_image *out) {
    struct weights w = {0};
    RSL_TRY(rsl_image_new(out, in->width, height, in->channels));
    int rc = weights_init(&w, in->height, height, filter);
    int32_t *sums = rsl_malloc((size_t)in->width * (size_t)in->channels * sizeof *sums);
    if (rc == RSL_OK && !sums) rc = RSL_ENOMEM;
    if (rc == RSL_OK) resample_columns(in, &w, out, sums);
    rsl_free(sums);
    weights_free(&w);
    if (rc < 0) rsl_image_free(out);
    return rc;
}

static int copy(const struct rsl_image *in, struct rsl_image *out) {
    RSL_TRY(rsl_image_new(out, in->width, in->height, in->channels));
    memcpy(out->pixels, in->pixels, (size_t)in->width * (size_t)in->height * (size_t)in->channels);
    return RSL_OK;
}

int rsl_resize(const struct rsl_image *in, int width, int height, enum rsl_filter filter,
               struct rsl_image *out) {
    if (width == in->width && height == in->height) return copy(in, out);
    if (height == in->height) return resize_width(in, width, filter, out);
    if (width == in->width) return resize_height(in, height, filter, out);
    struct rsl_image narrow;
    RSL_TRY(resize_width(in, width, filter, &narrow));
    int rc = resize_height(&narrow, height, filter, out);
    rsl_image_free(&narrow);
    return rc;
}

void rsl_resize_short_side(int width, int height, int side, int *new_width, int *new_height) {
    int longer = width > height ? width : height, shorter = width > height ? height : width;
    int64_t scaled = (int64_t)side * longer / shorter;
    if (scaled > RSL_IMAGE_SIDE) scaled = (int64_t)RSL_IMAGE_SIDE + 1; /* refused as a picture */
    *new_width = width <= height ? side : (int)scaled;
    *new_height = width <= height ? (int)scaled : side;
}

int rsl_crop_offset(int outer, int inner) {
    int twice = outer - inner, half = twice / 2;
    return twice % 2 && half % 2 ? half + 1 : half;
}
