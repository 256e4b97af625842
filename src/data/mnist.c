/* MNIST and Fashion-MNIST: a pair of IDX files per split, plain or .gz, under their official
 * names. Other sets in the same form (EMNIST, KMNIST ...) with at most ten classes fit too. */
#define _POSIX_C_SOURCE 200809L
#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "data/data.h"
#include "io/idx.h"

#include <string.h>
#include <unistd.h>

static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const char *const clothes[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

static const char *const places[] = {"raw", "MNIST/raw", "FashionMNIST/raw", NULL};

/* The file of that name in one of the places it is known to lie, as it is or compressed. */
static int find_idx(const struct rsl_data *d, const char *stem, struct rsl_text *path) {
    static const char *const endings[] = {"", ".gz"};
    int rc = RSL_ENOTFOUND;
    for (int k = 0; k < 2 && rc == RSL_ENOTFOUND; k++) {
        struct rsl_text name = {0};
        char *place = NULL;
        rsl_text_printf(&name, "%s%s", stem, endings[k]);
        const char *file = name.at;
        rc = name.status < 0 ? name.status : rsl_data_locate(d, &file, 1, places, &place);
        if (rc == RSL_OK) {
            rsl_text_printf(path, "%s%s", place, name.at);
            rc = path->status;
        }
        rsl_text_free(&name);
        rsl_free(place);
    }
    return rc;
}

/* The sentence of the published name. */
static int say_missing(const struct rsl_data *d, const char *what, const char *form) {
    struct rsl_text stem = {0};
    char *place = NULL;
    rsl_text_printf(&stem, "%s-%s", what, form);
    const char *file = stem.at;
    int rc = stem.status < 0 ? stem.status : rsl_data_locate(d, &file, 1, places, &place);
    rsl_text_free(&stem);
    rsl_free(place);
    return rc;
}

/* "t10k-images" and "idx3-ubyte", with a hyphen between as published, or with the dot that some
 * programs unpack them to. */
static int open_idx(const struct rsl_data *d, const char *what, const char *form,
                    struct rsl_idx *idx) {
    struct rsl_text path = {0};
    int rc = RSL_ENOTFOUND;
    for (int k = 0; k < 2 && rc == RSL_ENOTFOUND; k++) {
        struct rsl_text stem = {0};
        rsl_text_printf(&stem, "%s%c%s", what, "-."[k], form);
        rc = stem.status < 0 ? stem.status : find_idx(d, stem.at, &path);
        rsl_text_free(&stem);
    }
    if (rc == RSL_ENOTFOUND) rc = say_missing(d, what, form);
    if (rc == RSL_OK) rc = rsl_idx_open(idx, path.at);
    rsl_text_free(&path);
    return rc;
}

static int check_images(struct rsl_data *d, const struct rsl_idx *images) {
    if (images->rank != 3)
        return rsl_fail(RSL_EFORMAT, "%s: its image file has %d dimensions, not [N,H,W]", d->folder,
                        images->rank);
    if (images->dim[1] < 1 || images->dim[2] < 1 || images->dim[1] > RSL_IMAGE_SIDE ||
        images->dim[2] > RSL_IMAGE_SIDE || images->dim[1] * images->dim[2] > RSL_IMAGE_PIXELS)
        return rsl_fail(RSL_EFORMAT, "%s: images of %lldx%lld pixels", d->folder,
                        (long long)images->dim[1], (long long)images->dim[2]);
    d->count = images->dim[0];
    d->channels = 1;
    d->height = (int)images->dim[1];
    d->width = (int)images->dim[2];
    if (d->count == 0) return rsl_fail(RSL_EFORMAT, "%s: its image file is empty", d->folder);
    return RSL_OK;
}

static int copy_labels(struct rsl_data *d, const struct rsl_idx *labels) {
    if (labels->rank != 1)
        return rsl_fail(RSL_EFORMAT, "%s: its label file has %d dimensions, not [N]", d->folder,
                        labels->rank);
    if (labels->dim[0] != d->count)
        return rsl_fail(RSL_EFORMAT, "%s: %lld images but %lld labels", d->folder,
                        (long long)d->count, (long long)labels->dim[0]);
    d->labels = rsl_malloc((size_t)d->count * sizeof *d->labels);
    if (!d->labels) return RSL_ENOMEM;
    for (int64_t i = 0; i < d->count; i++) {
        d->labels[i] = labels->data[i];
        if (d->labels[i] >= d->classes)
            return rsl_fail(RSL_EFORMAT, "%s: image %lld has label %d, the set has %d classes",
                            d->folder, (long long)i, d->labels[i], d->classes);
    }
    return RSL_OK;
}

static int open_pair(struct rsl_data *d) {
    struct rsl_idx *images = rsl_calloc(1, sizeof *images), labels = {0};
    if (!images) return RSL_ENOMEM;
    d->state = images;
    d->classes = 10;
    RSL_TRY(open_idx(d, d->train ? "train-images" : "t10k-images", "idx3-ubyte", images));
    RSL_TRY(check_images(d, images));
    RSL_TRY(open_idx(d, d->train ? "train-labels" : "t10k-labels", "idx1-ubyte", &labels));
    int rc = copy_labels(d, &labels);
    rsl_idx_close(&labels);
    return rc;
}

static int open_mnist(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    d->class_names = digits;
    return open_pair(d);
}

static int open_fashion(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    d->class_names = clothes;
    return open_pair(d);
}

static void close_pair(struct rsl_data *d) {
    if (d->state) rsl_idx_close(d->state);
    rsl_free(d->state);
}

static int read_image(const struct rsl_data *d, int64_t i, uint8_t *pixels) {
    const struct rsl_idx *images = d->state;
    size_t area = (size_t)d->height * (size_t)d->width;
    memcpy(pixels, images->data + (size_t)i * area, area);
    return RSL_OK;
}

const struct rsl_data_type rsl_data_mnist = {
    .name = "mnist",
    .about = "handwritten digits, 28x28 grey, 10 classes, 60000 + 10000",
    .open = open_mnist,
    .close = close_pair,
    .read = read_image,
};

const struct rsl_data_type rsl_data_fashion_mnist = {
    .name = "fashion-mnist",
    .about = "articles of clothing, 28x28 grey, 10 classes, 60000 + 10000",
    .open = open_fashion,
    .close = close_pair,
    .read = read_image,
};
