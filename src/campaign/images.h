/* The images of a campaign as the network takes them, in the campaign's order, and their labels.
 *
 * Places 0..n-1 are the first n images of the data set, in the set's order or in a seeded
 * permutation. They are read once and kept when they fit, else read anew for each tile. May be read
 * by several threads at once. */
#ifndef RSL_CAMPAIGN_IMAGES_H
#define RSL_CAMPAIGN_IMAGES_H

#include "resile/data.h"

#include <stdbool.h>

struct rsl_images {
    int64_t n;
    int shape[3];   /* [C,H,W] */
    size_t pixels;  /* floats of one image */
    int64_t *order; /* [n] image at each place; NULL: the set's order */
    int *labels;    /* [n] by place */
    float *kept;    /* [n, C, H, W] by image; NULL: too many */
    const struct rsl_data *data;
    struct rsl_preprocess *preprocess;
};

/* The first n images (1..count) of the set. Data and preprocessing must outlive it. */
int rsl_images_init(struct rsl_images *im, const struct rsl_data *data,
                    struct rsl_preprocess *preprocess, int64_t n, int threads);
/* n images of noise and labels, without a data set. */
int rsl_images_init_random(struct rsl_images *im, const int shape[3], int classes, int64_t n,
                           uint64_t seed);
/* From now on a permutation that is a function of the seed. */
int rsl_images_permute(struct rsl_images *im, uint64_t seed);
void rsl_images_free(struct rsl_images *im);

/* Images at the places first..first+n-1, [n,C,H,W]. */
int rsl_images_fetch(const struct rsl_images *im, int64_t first, int n, float *out);
/* The image at a place, as the data set counts. */
int64_t rsl_images_at(const struct rsl_images *im, int64_t place);

#endif
