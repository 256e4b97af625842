/* See images.h. */
#include "campaign/images.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "data/order.h"

#include <string.h>

static const size_t most_memory = (size_t)1 << 30; /* for images that are kept */

/* Each image is a task of its own; the sentence of one that failed is said again in this thread. */
static int read_all(struct rsl_images *im, int threads) {
    int failed = RSL_OK;
    int64_t failed_at = -1;
#pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (int64_t i = 0; i < im->n; i++) {
        int rc =
            rsl_data_batch(im->data, im->preprocess, i, 1, im->kept + (size_t)i * im->pixels, NULL);
        if (rc < 0) {
#pragma omp critical
            if (failed_at < 0 || i < failed_at) failed = rc, failed_at = i;
        }
    }
    if (failed_at < 0) return RSL_OK;
    return rsl_data_batch(im->data, im->preprocess, failed_at, 1, im->kept, NULL) < 0
               ? failed
               : rsl_fail(failed, "image %lld could not be read", (long long)failed_at);
}

static int init(struct rsl_images *im, const int shape[3], int64_t n) {
    im->n = n;
    memcpy(im->shape, shape, sizeof im->shape);
    im->pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    im->labels = rsl_calloc((size_t)n, sizeof *im->labels);
    return im->labels ? RSL_OK : RSL_ENOMEM;
}

static int keep(struct rsl_images *im) {
    if (im->pixels > most_memory / sizeof(float) / (size_t)im->n) return RSL_OK;
    im->kept = rsl_malloc((size_t)im->n * im->pixels * sizeof *im->kept);
    return im->kept ? RSL_OK : RSL_ENOMEM;
}

int rsl_images_init(struct rsl_images *im, const struct rsl_data *data,
                    struct rsl_preprocess *preprocess, int64_t n, int threads) {
    int shape[3];
    *im = (struct rsl_images){.data = data, .preprocess = preprocess};
    int rc = rsl_preprocess_shape(preprocess, data, shape);
    if (rc == RSL_OK) rc = init(im, shape, n);
    for (int64_t i = 0; i < n && rc == RSL_OK; i++) im->labels[i] = rsl_data_label(data, i);
    if (rc == RSL_OK) rc = keep(im);
    if (rc == RSL_OK && im->kept) rc = read_all(im, threads);
    if (rc < 0) rsl_images_free(im);
    return rc;
}

int rsl_images_init_random(struct rsl_images *im, const int shape[3], int classes, int64_t n,
                           uint64_t seed) {
    *im = (struct rsl_images){0};
    int rc = init(im, shape, n);
    if (rc == RSL_OK) rc = keep(im);
    if (rc == RSL_OK && !im->kept)
        rc = rsl_fail(RSL_EARG, "%lld random images do not fit into memory", (long long)n);
    if (rc < 0) {
        rsl_images_free(im);
        return rc;
    }
    struct rsl_rng r = rsl_rng(seed, 0);
    for (size_t i = 0; i < (size_t)n * im->pixels; i++)
        im->kept[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
    for (int64_t i = 0; i < n; i++) im->labels[i] = (int)rsl_rng_below(&r, (uint64_t)classes);
    return RSL_OK;
}

int rsl_images_permute(struct rsl_images *im, uint64_t seed) {
    int *labels = rsl_calloc((size_t)im->n, sizeof *labels);
    im->order = rsl_calloc((size_t)im->n, sizeof *im->order);
    if (!labels || !im->order) {
        rsl_free(labels);
        return RSL_ENOMEM;
    }
    rsl_order_shuffle(seed, 0, im->n, im->order);
    for (int64_t i = 0; i < im->n; i++) labels[i] = im->labels[im->order[i]];
    rsl_free(im->labels);
    im->labels = labels;
    return RSL_OK;
}

void rsl_images_free(struct rsl_images *im) {
    rsl_free(im->order);
    rsl_free(im->labels);
    rsl_free(im->kept);
    *im = (struct rsl_images){0};
}

int64_t rsl_images_at(const struct rsl_images *im, int64_t place) {
    return im->order ? im->order[place] : place;
}

int rsl_images_fetch(const struct rsl_images *im, int64_t first, int n, float *out) {
    for (int i = 0; i < n; i++, out += im->pixels) {
        int64_t image = rsl_images_at(im, first + i);
        if (im->kept)
            memcpy(out, im->kept + (size_t)image * im->pixels, im->pixels * sizeof *out);
        else
            RSL_TRY(rsl_data_batch(im->data, im->preprocess, image, 1, out, NULL));
    }
    return RSL_OK;
}
