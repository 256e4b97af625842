/* Images of a set on their way into a model, one at a time: read or decode, augment, resize, crop,
 * normalize. What rsl_data_batch and the loader have in common.
 *
 * Images are augmented as bytes at their own size, before they are resized: crop:4 on a 28x28 image
 * that becomes 227x227 moves it by up to 4 of its own pixels.
 *
 * Scratch memory lasts from image to image: reading a set whose images have one size allocates
 * nothing unless they are resized. One thread at a time; no threads of its own. */
#ifndef RSL_DATA_PREPARE_H
#define RSL_DATA_PREPARE_H

#include "data/augment.h"
#include "data/preprocess.h"

struct rsl_prepare {
    const struct rsl_data *data;
    const struct rsl_preprocess *preprocess;
    struct rsl_augment augment;
    uint64_t seed; /* of the augmentation */
    int shape[3];  /* [C,H,W] of what is written */
    struct {
        uint8_t *at;
        size_t size;
    } bytes[2];
    uint8_t *kept; /* drawn images, once they were needed; NULL: none are kept */
    bool *has;     /* which of them */
};

/* `augment` may be NULL. When it fails, nothing needs closing. */
int rsl_prepare_init(struct rsl_prepare *r, const struct rsl_data *data,
                     const struct rsl_preprocess *preprocess, const struct rsl_augment *augment,
                     uint64_t seed);
/* For images 0..count-1 that will be needed again and again: those of a drawn set, which take ten
 * times as long to draw as to prepare, are kept when they fit into 128 MiB. */
int rsl_prepare_keep(struct rsl_prepare *r, int64_t count);
void rsl_prepare_close(struct rsl_prepare *r);

/* Image i as it is in that epoch: floats [C,H,W] = r->shape. */
int rsl_prepare_image(struct rsl_prepare *r, int64_t epoch, int64_t i, float *out);

#endif
