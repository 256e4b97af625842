/* See prepare.h. */
#include "data/prepare.h"

#include "base/alloc.h"
#include "base/status.h"
#include "data/data.h"

#include <string.h>

enum { KEPT = 128 << 20 };

/* A picture of bytes in memory, by planes or by pixels: byte (c,y,x) lies at
 * at[c * plane + y * row + x * pixel]. */
struct view {
    const uint8_t *at;
    int channels, height, width;
    size_t plane, row, pixel;
};

static struct view view_planes(const int shape[3], const uint8_t *at) {
    size_t height = (size_t)shape[1], width = (size_t)shape[2];
    return (struct view){at, shape[0], shape[1], shape[2], height * width, width, 1};
}

static struct view view_image(const struct rsl_image *i) {
    size_t channels = (size_t)i->channels, width = (size_t)i->width;
    return (struct view){i->pixels, i->channels,      i->height, i->width,
                         1,         width * channels, channels};
}

static int room(struct rsl_prepare *r, int k, size_t size) {
    if (r->bytes[k].size >= size) return RSL_OK;
    rsl_free(r->bytes[k].at);
    r->bytes[k].size = 0;
    r->bytes[k].at = rsl_malloc(size);
    if (!r->bytes[k].at) return RSL_ENOMEM;
    r->bytes[k].size = size;
    return RSL_OK;
}

/* ---- into floats ---- */

/* n bytes, `pixel` apart, to every `step`-th float. */
static void look_up(const float *restrict table, const uint8_t *restrict row, size_t pixel,
                    size_t n, float *restrict out, size_t step) {
    if (pixel == 1 && step == 1) {
        for (size_t x = 0; x < n; x++) out[x] = table[row[x]];
    } else {
        for (size_t x = 0; x < n; x++) out[x * step] = table[row[x * pixel]];
    }
}

/* A row in colour for a network that takes grey: Pillow's luma of ITU-R 601, in 16 bits. Grey
 * pictures that were decoded to colour come out as they were. */
static void look_up_grey(const float *restrict table, const uint8_t *row, const struct view *v,
                         size_t n, float *restrict out) {
    for (size_t x = 0; x < n; x++, row += v->pixel) {
        uint32_t luma = 19595u * row[0] + 38470u * row[v->plane] + 7471u * row[2 * v->plane];
        out[x] = table[(luma + 0x8000u) >> 16];
    }
}

/* The middle of the picture, which has been resized, through the tables. */
static int emit(const struct rsl_prepare *r, const struct view *v, float *out) {
    const struct rsl_preprocess *p = r->preprocess;
    int height = r->shape[1], width = r->shape[2];
    if (v->height < height || v->width < width)
        return rsl_fail(RSL_EMISMATCH, "is %dx%d, a crop of %dx%d does not fit: give --resize",
                        v->height, v->width, height, width);
    size_t top = (size_t)rsl_crop_offset(v->height, height);
    size_t left = (size_t)rsl_crop_offset(v->width, width);
    bool grey = r->shape[0] == 1 && v->channels == 3;
    size_t columns = (size_t)width, step = p->channels_last ? (size_t)r->shape[0] : 1;
    for (int c = 0; c < r->shape[0]; c++) {
        const uint8_t *from =
            v->at + (v->channels == 1 ? 0 : (size_t)c * v->plane) + top * v->row + left * v->pixel;
        float *to = out + (p->channels_last ? (size_t)c : (size_t)c * (size_t)height * columns);
        for (int y = 0; y < height; y++, from += v->row, to += columns * step)
            if (grey)
                look_up_grey(p->table[0], from, v, columns, to);
            else
                look_up(p->table[c], from, v->pixel, columns, to, step);
    }
    return RSL_OK;
}

/* ---- resizing ---- */

static int emit_image(const struct rsl_prepare *r, const struct rsl_image *image, float *out) {
    int height = image->height, width = image->width;
    rsl_preprocess_resized(r->preprocess, &height, &width);
    struct rsl_image scaled = {0};
    if (height == image->height && width == image->width) {
        struct view v = view_image(image);
        return emit(r, &v, out);
    }
    RSL_TRY(rsl_resize(image, width, height, r->preprocess->filter, &scaled));
    struct view v = view_image(&scaled);
    int rc = emit(r, &v, out);
    rsl_image_free(&scaled);
    return rc;
}

/* `planes` is one of r->bytes, the other is free. */
static int emit_planes(struct rsl_prepare *r, const int shape[3], uint8_t *planes, float *out) {
    int height = shape[1], width = shape[2];
    rsl_preprocess_resized(r->preprocess, &height, &width);
    if (height == shape[1] && width == shape[2]) {
        struct view v = view_planes(shape, planes);
        return emit(r, &v, out);
    }
    struct rsl_image image = {shape[2], shape[1], shape[0], planes};
    if (shape[0] > 1) {
        int other = planes == r->bytes[0].at;
        size_t area = (size_t)shape[1] * (size_t)shape[2];
        RSL_TRY(room(r, other, area * (size_t)shape[0]));
        image.pixels = r->bytes[other].at;
        rsl_planes_to_pixels(planes, image.pixels, area, (size_t)shape[0]);
    }
    return emit_image(r, &image, out);
}

/* ---- reading ---- */

static int augment(struct rsl_prepare *r, int64_t epoch, int64_t i, const int shape[3],
                   float *out) {
    uint8_t *planes = r->bytes[0].at;
    if (r->augment.n)
        planes = rsl_augment_apply(&r->augment, r->seed, epoch, i, shape, planes, r->bytes[1].at);
    return emit_planes(r, shape, planes, out);
}

static int room_for(struct rsl_prepare *r, const int shape[3]) {
    size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    RSL_TRY(room(r, 0, size));
    return r->augment.n ? room(r, 1, size) : RSL_OK;
}

static int read_bytes(struct rsl_prepare *r, const int shape[3], int64_t i) {
    if (!r->kept) return r->data->type->read(r->data, i, r->bytes[0].at);
    size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    uint8_t *kept = r->kept + (size_t)i * size;
    if (!r->has[i]) RSL_TRY(r->data->type->read(r->data, i, kept));
    r->has[i] = true;
    memcpy(r->bytes[0].at, kept, size);
    return RSL_OK;
}

static int prepare_read(struct rsl_prepare *r, int64_t epoch, int64_t i, float *out) {
    int shape[3];
    rsl_data_shape(r->data, shape);
    RSL_TRY(read_bytes(r, shape, i));
    return augment(r, epoch, i, shape, out);
}

static int prepare_decoded(struct rsl_prepare *r, int64_t epoch, int64_t i, float *out) {
    struct rsl_image image = {0};
    RSL_TRY(r->data->type->decode(r->data, i, &image));
    int shape[3] = {image.channels, image.height, image.width};
    int rc = rsl_data_check_size(r->data, &image);
    if (rc < 0 || r->augment.n == 0) {
        if (rc == RSL_OK) rc = emit_image(r, &image, out);
        rsl_image_free(&image);
        return rc;
    }
    rc = room_for(r, shape);
    if (rc == RSL_OK)
        rsl_pixels_to_planes(image.pixels, r->bytes[0].at, (size_t)shape[1] * (size_t)shape[2],
                             (size_t)shape[0]);
    rsl_image_free(&image);
    return rc < 0 ? rc : augment(r, epoch, i, shape, out);
}

int rsl_prepare_image(struct rsl_prepare *r, int64_t epoch, int64_t i, float *out) {
    int rc =
        r->data->type->read ? prepare_read(r, epoch, i, out) : prepare_decoded(r, epoch, i, out);
    return rc < 0 ? rsl_fail_in(rc, "%s: image %lld", r->data->type->name, (long long)i) : rc;
}

int rsl_prepare_init(struct rsl_prepare *r, const struct rsl_data *data,
                     const struct rsl_preprocess *preprocess, const struct rsl_augment *augment,
                     uint64_t seed) {
    *r = (struct rsl_prepare){.data = data, .preprocess = preprocess, .seed = seed};
    if (augment) r->augment = *augment;
    RSL_TRY(rsl_preprocess_shape(preprocess, data, r->shape));
    if (!data->type->read) return RSL_OK;
    int shape[3];
    rsl_data_shape(data, shape);
    int rc = room_for(r, shape);
    if (rc < 0) rsl_prepare_close(r);
    return rc;
}

int rsl_prepare_keep(struct rsl_prepare *r, int64_t count) {
    int shape[3];
    rsl_data_shape(r->data, shape);
    size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    if (!r->data->type->drawn || (uint64_t)count > KEPT / size) return RSL_OK;
    r->has = rsl_calloc((size_t)count, sizeof *r->has);
    if (!r->has) return RSL_ENOMEM;
    r->kept = rsl_malloc((size_t)count * size);
    return r->kept ? RSL_OK : RSL_ENOMEM;
}

void rsl_prepare_close(struct rsl_prepare *r) {
    for (int k = 0; k < 2; k++) rsl_free(r->bytes[k].at);
    rsl_free(r->kept);
    rsl_free(r->has);
    *r = (struct rsl_prepare){0};
}

/* ---- batches ---- */

int rsl_data_batch(const struct rsl_data *d, const struct rsl_preprocess *p, int64_t first,
                   int64_t n, float *out, int *labels) {
    struct rsl_prepare r;
    RSL_TRY(rsl_prepare_init(&r, d, p, NULL, 0));
    int rc = rsl_data_check_range(d, first, n);
    size_t size = (size_t)r.shape[0] * (size_t)r.shape[1] * (size_t)r.shape[2];
    for (int64_t k = 0; k < n && rc == RSL_OK; k++) {
        rc = rsl_prepare_image(&r, 0, first + k, out + (size_t)k * size);
        if (labels) labels[k] = rsl_data_label(d, first + k);
    }
    rsl_prepare_close(&r);
    return rc;
}
