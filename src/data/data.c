/* Opening a data set by its name, and reading it: the face of resile/data.h over the types. */
#define _POSIX_C_SOURCE 200809L
#include "data/data.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "data/source.h"

#include <string.h>
#include <sys/stat.h>

#define X(symbol) extern const struct rsl_data_type rsl_data_##symbol;
#include "data/datasets.def"
#undef X

static const struct rsl_data_type *const types[] = {
#define X(symbol) &rsl_data_##symbol,
#include "data/datasets.def"
#undef X
};

enum { TYPES = sizeof types / sizeof *types };

int rsl_dataset_count(void) {
    return TYPES;
}

const char *rsl_dataset_name(int i) {
    return i >= 0 && i < TYPES ? types[i]->name : NULL;
}

const char *rsl_dataset_about(int i) {
    return i >= 0 && i < TYPES ? types[i]->about : NULL;
}

const struct rsl_data_type *rsl_data_type_find(const char *name) {
    for (int i = 0; i < TYPES; i++)
        if (strcmp(types[i]->name, name) == 0) return types[i];
    return NULL;
}

static int unknown(const char *name) {
    struct rsl_text list = {0};
    if (!*name) return rsl_fail(RSL_EARG, "a data set is named NAME or NAME:DIR");
    for (int i = 0; i < TYPES; i++) rsl_text_printf(&list, "%s%s", i ? ", " : "", types[i]->name);
    int rc = list.status < 0
                 ? list.status
                 : rsl_fail(RSL_ENOTFOUND, "%s: no such data set; there are %s", name, list.at);
    rsl_text_free(&list);
    return rc;
}

/* ---- opening ---- */

/* Splits NAME[:DIR], finds the type and makes the folder's name. */
static int parse_spec(struct rsl_data *d, const char *spec) {
    struct rsl_text text = {0};
    const char *colon = strchr(spec, ':');
    rsl_text_add(&text, spec, colon ? (size_t)(colon - spec) : strlen(spec));
    if (text.status < 0) return text.status;
    d->type = rsl_data_type_find(text.at);
    if (!d->type) {
        int rc = unknown(text.at);
        rsl_text_free(&text);
        return rc;
    }
    rsl_text_free(&text);
    if (d->type->drawn && colon)
        return rsl_fail(RSL_EARG, "%s: %s is drawn and has no folder", spec, d->type->name);
    if (d->type->drawn)
        rsl_text_puts(&text, "");
    else if (colon && colon[1])
        rsl_text_puts(&text, colon + 1);
    else
        RSL_TRY(rsl_data_place(&text, d->type->name));
    if (text.status < 0) return text.status;
    d->folder = text.at;
    return RSL_OK;
}

static int parse_split(struct rsl_data *d, const char *split) {
    if (!split || strcmp(split, "test") == 0) return RSL_OK;
    if (strcmp(split, "train") != 0)
        return rsl_fail(RSL_EARG, "split '%s': there are 'test' and 'train'", split);
    d->train = true;
    return RSL_OK;
}

static int open_parts(struct rsl_data *d, const char *spec,
                      const struct rsl_data_options *options) {
    struct rsl_data_options defaults = {0};
    if (!options) options = &defaults;
    RSL_TRY(parse_spec(d, spec));
    RSL_TRY(parse_split(d, options->split));
    return d->type->open(d, options);
}

int rsl_data_open(struct rsl_data **data, const char *spec,
                  const struct rsl_data_options *options) {
    *data = NULL;
    if (!spec || !*spec) return rsl_fail(RSL_EARG, "a data set is named NAME or NAME:DIR");
    struct rsl_data *d = rsl_calloc(1, sizeof *d);
    if (!d) return RSL_ENOMEM;
    int rc = open_parts(d, spec, options);
    if (rc < 0) {
        rsl_data_close(d);
        return rc;
    }
    *data = d;
    return RSL_OK;
}

void rsl_data_close(struct rsl_data *d) {
    if (!d) return;
    if (d->type && d->type->close) d->type->close(d);
    rsl_free(d->labels);
    rsl_free(d->folder);
    rsl_free(d);
}

/* Appends the names that are not there under `place`; returns how many. */
static int list_missing(const char *place, const char *const *files, int n, struct rsl_text *list) {
    int missing = 0;
    for (int i = 0; i < n; i++) {
        struct rsl_text path = {0};
        struct stat st;
        rsl_text_printf(&path, "%s%s", place, files[i]);
        if (path.status < 0)
            list->status = path.status;
        else if (stat(path.at, &st) < 0 || S_ISDIR(st.st_mode))
            rsl_text_printf(list, "%s%s", missing++ ? ", " : "", files[i]);
        rsl_text_free(&path);
    }
    return missing;
}

static int check_folder(const struct rsl_data *d) {
    struct stat st;
    if (stat(d->folder, &st) < 0)
        return rsl_source_find(d->type->name)
                   ? rsl_fail(RSL_ENOTFOUND,
                              "%s: %s is not there: write %s:DIR if the set is elsewhere; "
                              "`resile data get %s` fetches it",
                              d->type->name, d->folder, d->type->name, d->type->name)
                   : rsl_fail(RSL_ENOTFOUND, "%s: %s is not there: write %s:DIR", d->type->name,
                              d->folder, d->type->name);
    if (!S_ISDIR(st.st_mode))
        return rsl_fail(RSL_EARG, "%s: %s is a file; the folder that contains the set is needed",
                        d->type->name, d->folder);
    return RSL_OK;
}

/* One place. Returns the number of missing files, whose list replaces *missing, or a failure. */
static int look_in(const struct rsl_data *d, const char *subfolder, const char *const *files, int n,
                   char **place, struct rsl_text *missing) {
    struct rsl_text path = {0};
    rsl_text_printf(&path, "%s/%s%s", d->folder, subfolder, *subfolder ? "/" : "");
    if (path.status < 0) return path.status;
    rsl_text_free(missing);
    int absent = list_missing(path.at, files, n, missing);
    if (missing->status == RSL_OK && absent == 0)
        *place = path.at;
    else
        rsl_text_free(&path);
    return missing->status < 0 ? missing->status : absent;
}

int rsl_data_locate(const struct rsl_data *d, const char *const *files, int n,
                    const char *const *subfolders, char **place) {
    RSL_TRY(check_folder(d));
    struct rsl_text missing = {0}, nearest = {0};
    int fewest = look_in(d, "", files, n, place, &nearest);
    for (; fewest > 0 && subfolders && *subfolders; subfolders++) {
        int absent = look_in(d, *subfolders, files, n, place, &missing);
        if (absent >= fewest) continue;
        fewest = absent;
        struct rsl_text other = nearest;
        nearest = missing;
        missing = other;
    }
    if (fewest > 0)
        fewest = rsl_fail(RSL_ENOTFOUND, "%s: %s lacks %s; `resile data get %s` fetches the set",
                          d->type->name, d->folder, nearest.at, d->type->name);
    rsl_text_free(&missing);
    rsl_text_free(&nearest);
    return fewest;
}

/* ---- what is known ---- */

const char *rsl_data_name(const struct rsl_data *d) {
    return d->type->name;
}

const char *rsl_data_split(const struct rsl_data *d) {
    return d->train ? "train" : "test";
}

int64_t rsl_data_count(const struct rsl_data *d) {
    return d->count;
}

int rsl_data_classes(const struct rsl_data *d) {
    return d->classes;
}

const char *rsl_data_class_name(const struct rsl_data *d, int label) {
    return label >= 0 && label < d->classes ? d->class_names[label] : NULL;
}

int rsl_data_supers(const struct rsl_data *d) {
    return d->supers;
}

const char *rsl_data_super_name(const struct rsl_data *d, int super) {
    return super >= 0 && super < d->supers ? d->super_names[super] : NULL;
}

int rsl_data_super_of(const struct rsl_data *d, int label) {
    return d->supers && label >= 0 && label < d->classes ? d->super_of[label] : -1;
}

void rsl_data_shape(const struct rsl_data *d, int shape[3]) {
    shape[0] = d->channels;
    shape[1] = d->height;
    shape[2] = d->width;
}

int rsl_data_label(const struct rsl_data *d, int64_t i) {
    if (i < 0 || i >= d->count) return -1;
    return d->labels ? d->labels[i] : d->type->label(d, i);
}

/* ---- pixels ---- */

int rsl_data_check_range(const struct rsl_data *d, int64_t first, int64_t n) {
    if (first < 0 || n < 0 || first > d->count || n > d->count - first)
        return rsl_fail(RSL_EARG, "%s: images %lld to %lld were asked for, there are %lld",
                        d->type->name, (long long)first, (long long)(first + n - 1),
                        (long long)d->count);
    return RSL_OK;
}

int rsl_data_check_size(const struct rsl_data *d, const struct rsl_image *image) {
    if (d->height == 0 || (image->height == d->height && image->width == d->width)) return RSL_OK;
    return rsl_fail(RSL_EFORMAT, "is %dx%d, the headers of the set's pictures say %dx%d",
                    image->height, image->width, d->height, d->width);
}

/* Image i of a set with one size, as [C,H,W]. */
static int read_planes(const struct rsl_data *d, int64_t i, uint8_t *planes) {
    struct rsl_image image;
    if (d->type->read) return d->type->read(d, i, planes);
    RSL_TRY(d->type->decode(d, i, &image));
    int rc = rsl_data_check_size(d, &image);
    if (rc < 0)
        rsl_fail_in(rc, "%s: image %lld", d->type->name, (long long)i);
    else
        rsl_pixels_to_planes(image.pixels, planes, (size_t)d->height * (size_t)d->width,
                             (size_t)d->channels);
    rsl_image_free(&image);
    return rc;
}

int rsl_data_read(const struct rsl_data *d, int64_t first, int64_t n, uint8_t *pixels,
                  int *labels) {
    RSL_TRY(rsl_data_check_range(d, first, n));
    if (!d->height)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s: its images differ in size; read them one by one or preprocess them",
                        d->type->name);
    size_t size = (size_t)d->channels * (size_t)d->height * (size_t)d->width;
    for (int64_t k = 0; k < n; k++) {
        RSL_TRY(read_planes(d, first + k, pixels + (size_t)k * size));
        if (labels) labels[k] = rsl_data_label(d, first + k);
    }
    return RSL_OK;
}

void rsl_pixels_to_planes(const uint8_t *in, uint8_t *out, size_t area, size_t channels) {
    for (size_t p = 0; p < area; p++)
        for (size_t c = 0; c < channels; c++) out[c * area + p] = in[p * channels + c];
}

void rsl_planes_to_pixels(const uint8_t *in, uint8_t *out, size_t area, size_t channels) {
    for (size_t p = 0; p < area; p++)
        for (size_t c = 0; c < channels; c++) out[p * channels + c] = in[c * area + p];
}

int rsl_data_pixels(const struct rsl_data *d, int64_t i, struct rsl_image *image) {
    if (d->type->decode) return d->type->decode(d, i, image);
    size_t area = (size_t)d->height * (size_t)d->width, channels = (size_t)d->channels;
    uint8_t *planes = rsl_malloc(area * channels);
    if (!planes) return RSL_ENOMEM;
    int rc = d->type->read(d, i, planes);
    if (rc == RSL_OK) rc = rsl_image_new(image, d->width, d->height, d->channels);
    if (rc == RSL_OK) rsl_planes_to_pixels(planes, image->pixels, area, channels);
    rsl_free(planes);
    return rc;
}

int rsl_data_image(const struct rsl_data *d, int64_t i, int shape[3], uint8_t *pixels,
                   size_t capacity) {
    RSL_TRY(rsl_data_check_range(d, i, 1));
    struct rsl_image image = {0};
    RSL_TRY(rsl_data_pixels(d, i, &image));
    shape[0] = image.channels;
    shape[1] = image.height;
    shape[2] = image.width;
    size_t area = (size_t)image.height * (size_t)image.width, channels = (size_t)image.channels;
    int rc = RSL_OK;
    if (pixels && capacity < area * channels)
        rc = rsl_fail(RSL_EARG, "%s: image %lld has %zu bytes, the buffer %zu", d->type->name,
                      (long long)i, area * channels, capacity);
    else if (pixels)
        rsl_pixels_to_planes(image.pixels, pixels, area, channels);
    rsl_image_free(&image);
    return rc;
}
