/* What preprocessing does to images: texts become sizes and tables; see preprocess.h.
 *
 * The table is exact: ((v * a / b + offset) - mean) / std in float, one rounding per step and in
 * this order, which is what torchvision's ToTensor and Normalize compute. */
#include "data/preprocess.h"

#include "base/alloc.h"
#include "base/number.h"
#include "base/status.h"
#include "data/data.h"
#include "graph/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = RSL_PREPROCESS_CHANNELS };

/* ---- the texts ---- */

/* Numbers separated by blanks or commas; returns how many (at most `most`), or a failure. */
static int parse_numbers(const char *what, const char *text, int most, float *out) {
    int n = 0;
    const char *p = text + strspn(text, " ,\t\n");
    while (*p) {
        char *end;
        float value = rsl_parse_float(p, &end);
        if (end == p || !isfinite(value) || (*end && !strchr(" ,\t\n", *end)))
            return rsl_fail(RSL_EARG, "%s '%s': is not a list of numbers", what, text);
        if (n == most) return rsl_fail(RSL_EARG, "%s '%s': more than %d numbers", what, text, most);
        out[n++] = value;
        p = end + strspn(end, " ,\t\n");
    }
    return n ? n : rsl_fail(RSL_EARG, "%s: no number given", what);
}

/* "A" or "A/B" as the pair a, b. */
static int parse_ratio(const char *what, const char *text, float *a, float *b) {
    char *end;
    *a = rsl_parse_float(text, &end);
    bool ok = end != text && isfinite(*a);
    *b = 1;
    if (ok && *end == '/') {
        const char *second = end + 1;
        *b = rsl_parse_float(second, &end);
        ok = end != second && isfinite(*b) && *b != 0;
    }
    if (!ok || *end) return rsl_fail(RSL_EARG, "%s '%s': is neither A nor A/B", what, text);
    return RSL_OK;
}

/* "A" or "HxW"; "none" gives zeros. For "A" the width stays 0. */
static int parse_size(const char *what, const char *text, int *height, int *width) {
    *height = *width = 0;
    if (strcmp(text, "none") == 0) return RSL_OK;
    char *end;
    long h = strtol(text, &end, 10), w = 0;
    bool ok = end != text && h >= 1 && h <= RSL_IMAGE_SIDE;
    if (ok && *end == 'x') {
        const char *second = end + 1;
        w = strtol(second, &end, 10);
        ok = end != second && w >= 1 && w <= RSL_IMAGE_SIDE;
    }
    if (!ok || *end)
        return rsl_fail(RSL_EARG, "%s '%s': is neither a side like 224 nor HxW like 227x227", what,
                        text);
    *height = (int)h;
    *width = (int)w;
    return RSL_OK;
}

static int parse_filter(const char *text, enum rsl_filter *filter) {
    bool cubic = strcmp(text, "bicubic") == 0;
    if (!cubic && strcmp(text, "bilinear") != 0)
        return rsl_fail(RSL_EARG, "filter '%s': there are 'bilinear' and 'bicubic'", text);
    *filter = cubic ? RSL_BICUBIC : RSL_BILINEAR;
    return RSL_OK;
}

/* ---- from model and options ---- */

enum { SCALE, OFFSET, MEAN, STD, RESIZE, CROP, FILTER };

/* Their keys, and what holds when nobody speaks. */
static const struct {
    const char *key, *otherwise;
} known[RSL_PREPROCESS_WORDS] = {
    [SCALE] = {"resile.input.scale", "1/255"},     [OFFSET] = {"resile.input.offset", "0"},
    [MEAN] = {"resile.input.mean", "0"},           [STD] = {"resile.input.std", "1"},
    [RESIZE] = {"resile.input.resize", "none"},    [CROP] = {"resile.input.crop", "none"},
    [FILTER] = {"resile.input.filter", "bilinear"}};

void rsl_preprocess_words(struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS],
                          const struct rsl_model *model, const struct rsl_preprocess_options *o) {
    static const struct rsl_preprocess_options none;
    if (!o) o = &none;
    const char *const given[RSL_PREPROCESS_WORDS] = {
        [SCALE] = o->scale,   [OFFSET] = o->offset, [MEAN] = o->mean,    [STD] = o->std,
        [RESIZE] = o->resize, [CROP] = o->crop,     [FILTER] = o->filter};
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++) {
        const char *meta = model ? rsl_model_meta(model, known[i].key) : NULL;
        words[i] = (struct rsl_preprocess_word){known[i].key, given[i] ? given[i] : meta};
    }
    if (!o->mean && !o->std) return;
    if (!o->scale && words[SCALE].text) words[SCALE].text = known[SCALE].otherwise;
    if (!o->offset) words[OFFSET].text = NULL;
}

/* mean and std as pairs of equal count: one number serves all channels. */
static int parse_statistics(struct rsl_preprocess *p, const char *mean_text, const char *std_text,
                            float mean[CHANNELS], float deviation[CHANNELS]) {
    int n_mean = parse_numbers("mean", mean_text, CHANNELS, mean);
    RSL_TRY(n_mean);
    int n_std = parse_numbers("std", std_text, CHANNELS, deviation);
    RSL_TRY(n_std);
    p->statistics = n_mean > n_std ? n_mean : n_std;
    if ((n_mean != p->statistics && n_mean != 1) || (n_std != p->statistics && n_std != 1))
        return rsl_fail(RSL_EARG, "mean has %d numbers, std %d", n_mean, n_std);
    for (int c = n_mean; c < CHANNELS; c++) mean[c] = mean[n_mean - 1];
    for (int c = n_std; c < CHANNELS; c++) deviation[c] = deviation[n_std - 1];
    for (int c = 0; c < CHANNELS; c++)
        if (deviation[c] == 0) return rsl_fail(RSL_EARG, "std '%s': zero", std_text);
    return RSL_OK;
}

/* Statistics of bytes where pixels are scaled make every image the same: refused. Those of no data
 * set are beyond four times the largest pixel. */
static int check_statistics(const char *what, const char *text, const float *values, float least,
                            float most) {
    float far = 4 * fmaxf(fabsf(least), fabsf(most));
    for (int c = 0; c < CHANNELS; c++)
        if (far < 255 && fabsf(values[c]) > far && fabsf(values[c]) <= 255)
            return rsl_fail(RSL_EARG,
                            "%s '%s': %g is of pixels 0..255, here they are %g..%g: divide by 255",
                            what, text, (double)values[c], (double)least, (double)most);
    return RSL_OK;
}

/* `text` has every word. */
static int make_tables(struct rsl_preprocess *p, const char *const text[RSL_PREPROCESS_WORDS]) {
    float a, b, offset = 0, mean[CHANNELS], deviation[CHANNELS];
    RSL_TRY(parse_ratio("scale", text[SCALE], &a, &b));
    RSL_TRY(parse_numbers("offset", text[OFFSET], 1, &offset));
    RSL_TRY(parse_statistics(p, text[MEAN], text[STD], mean, deviation));
    float most = 255 * a / b + offset;
    RSL_TRY(check_statistics("mean", text[MEAN], mean, offset, most));
    RSL_TRY(check_statistics("std", text[STD], deviation, offset, most));
    for (int c = 0; c < CHANNELS; c++)
        for (int v = 0; v < 256; v++) {
            float x = (float)v * a;
            x = x / b;
            x = x + offset;
            x = x - mean[c];
            p->table[c][v] = x / deviation[c];
        }
    return RSL_OK;
}

static int parse_geometry(struct rsl_preprocess *p, const char *const text[RSL_PREPROCESS_WORDS]) {
    RSL_TRY(parse_size("resize", text[RESIZE], &p->resize_height, &p->resize_width));
    RSL_TRY(parse_size("crop", text[CROP], &p->crop_height, &p->crop_width));
    if (p->crop_height && !p->crop_width) p->crop_width = p->crop_height;
    return parse_filter(text[FILTER], &p->filter);
}

/* The only graph input, which must be [N,C,H,W] or [N,H,W,C] of f32 with C 1 or 3 (unknown sizes
 * serve all). */
static int read_expectation(struct rsl_preprocess *p, const struct rsl_model *m) {
    const struct rsl_graph *g = &m->graph;
    if (g->inputs.n != 1)
        return rsl_fail(RSL_EMISMATCH, "the model has %zu inputs, images are fed to one",
                        g->inputs.n);
    const struct rsl_value *input = &g->values.at[g->inputs.at[0]];
    const struct rsl_shape *s = &input->tensor.shape;
    char text[RSL_SHAPE_TEXT];
    if (input->tensor.dtype != RSL_f32)
        return rsl_fail(RSL_EMISMATCH, "input '%s' is %s; images are fed as f32", input->name,
                        rsl_dtype_name((int)input->tensor.dtype));
    p->channels_last = rsl_model_channels_last(m);
    const int c = p->channels_last ? 3 : 1, y = p->channels_last ? 1 : 2;
    bool ok = s->rank == 4 && (s->dim[c] == 1 || s->dim[c] == 3 || s->dim[c] < 0);
    for (int k = y; ok && k < y + 2; k++) ok = s->dim[k] != 0 && s->dim[k] <= RSL_IMAGE_SIDE;
    if (!ok)
        return rsl_fail(RSL_EMISMATCH,
                        "input '%s' is %s; images need [N,C,H,W] with one or three channels",
                        input->name, rsl_shape_text(s, text));
    p->channels = s->dim[c] < 0 ? 0 : (int)s->dim[c];
    p->height = s->dim[y] < 0 ? 0 : (int)s->dim[y];
    p->width = s->dim[y + 1] < 0 ? 0 : (int)s->dim[y + 1];
    if (p->channels && p->statistics != 1 && p->statistics != p->channels)
        return rsl_fail(RSL_EMISMATCH, "mean and std have %d numbers, the model takes %d channels",
                        p->statistics, p->channels);
    return RSL_OK;
}

static int parse_all(struct rsl_preprocess *p, const struct rsl_model *m,
                     const struct rsl_preprocess_options *o) {
    struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS];
    const char *text[RSL_PREPROCESS_WORDS];
    rsl_preprocess_words(words, m, o);
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++)
        text[i] = words[i].text ? words[i].text : known[i].otherwise;
    RSL_TRY(make_tables(p, text));
    RSL_TRY(parse_geometry(p, text));
    return m ? read_expectation(p, m) : RSL_OK;
}

int rsl_preprocess_new(struct rsl_preprocess **preprocess, const struct rsl_model *model,
                       const struct rsl_preprocess_options *options) {
    *preprocess = NULL;
    struct rsl_preprocess *p = rsl_calloc(1, sizeof *p);
    if (!p) return RSL_ENOMEM;
    int rc = parse_all(p, model, options);
    if (rc < 0) {
        rsl_free(p);
        return rc;
    }
    *preprocess = p;
    return RSL_OK;
}

void rsl_preprocess_free(struct rsl_preprocess *p) {
    rsl_free(p);
}

/* ---- shapes ---- */

void rsl_preprocess_resized(const struct rsl_preprocess *p, int *height, int *width) {
    if (p->resize_width) {
        *height = p->resize_height;
        *width = p->resize_width;
    } else if (p->resize_height) {
        rsl_resize_short_side(*width, *height, p->resize_height, width, height);
    }
}

static int out_channels(const struct rsl_preprocess *p, const struct rsl_data *d) {
    if (p->channels) return p->channels;
    return p->statistics > d->channels ? p->statistics : d->channels;
}

static int check_channels(const struct rsl_preprocess *p, int channels) {
    if (p->statistics == 1 || p->statistics == channels) return RSL_OK;
    return rsl_fail(RSL_EMISMATCH,
                    "mean and std have %d numbers, the images %d channels: give --mean and --std"
                    " with one number or %d",
                    p->statistics, channels, channels);
}

/* Sizes of the set vary: only an exact resize or a crop makes them one. */
static int varying(const struct rsl_preprocess *p, const struct rsl_data *d, int shape[3]) {
    if (p->crop_height || p->resize_width) {
        shape[1] = p->crop_height ? p->crop_height : p->resize_height;
        shape[2] = p->crop_height ? p->crop_width : p->resize_width;
        return RSL_OK;
    }
    if (p->height && p->width)
        return rsl_fail(RSL_EMISMATCH,
                        "the images of %s differ in size: give --resize %dx%d, or --resize and "
                        "--crop",
                        d->type->name, p->height, p->width);
    return rsl_fail(RSL_EMISMATCH,
                    "the images of %s differ in size: give --resize HxW, or --resize and --crop",
                    d->type->name);
}

static int geometry(const struct rsl_preprocess *p, const struct rsl_data *d, int shape[3]) {
    shape[1] = d->height;
    shape[2] = d->width;
    if (!d->height) return varying(p, d, shape);
    rsl_preprocess_resized(p, &shape[1], &shape[2]);
    if (!p->crop_height) return RSL_OK;
    if (p->crop_height > shape[1] || p->crop_width > shape[2])
        return rsl_fail(RSL_EMISMATCH,
                        "a crop of %dx%d does not fit into images of %dx%d: give --resize",
                        p->crop_height, p->crop_width, shape[1], shape[2]);
    shape[1] = p->crop_height;
    shape[2] = p->crop_width;
    return RSL_OK;
}

int rsl_preprocess_shape(const struct rsl_preprocess *p, const struct rsl_data *d, int shape[3]) {
    shape[0] = out_channels(p, d);
    RSL_TRY(check_channels(p, shape[0]));
    RSL_TRY(geometry(p, d, shape));
    if ((p->height && p->height != shape[1]) || (p->width && p->width != shape[2]))
        return rsl_fail(
            RSL_EMISMATCH, "the model takes images of %dx%d, %s gives %dx%d: give --resize %dx%d",
            p->height ? p->height : shape[1], p->width ? p->width : shape[2], d->type->name,
            shape[1], shape[2], p->height ? p->height : shape[1], p->width ? p->width : shape[2]);
    return RSL_OK;
}

static int fit(struct rsl_model *m, const struct rsl_data *d, const struct rsl_preprocess *p) {
    int shape[3];
    RSL_TRY(rsl_preprocess_shape(p, d, shape));
    return rsl_model_set_input(m, shape[0], shape[1], shape[2]);
}

int rsl_model_fit(struct rsl_model *model, const struct rsl_data *data,
                  const struct rsl_preprocess_options *options) {
    struct rsl_preprocess *p;
    RSL_TRY(rsl_preprocess_new(&p, model, options));
    int rc = fit(model, data, p);
    rsl_preprocess_free(p);
    return rc;
}
