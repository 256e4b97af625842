/* The loader: batches of training images, made ahead of their use by a thread of its own.
 *
 *     struct rsl_loader *l;
 *     rsl_loader_new(&l, data, preprocess, &(struct rsl_loader_options){.batch = 128, ...});
 *     rsl_loader_next(l, &images, &labels, &epoch, &batch);      again and again
 *     rsl_loader_free(l);
 *
 * Batch b of epoch e is a pure function of (set, preprocessing, options): it does not depend on
 * where the loader started, on its depth, or on the speed of either thread. Epochs follow one
 * another without end. The data set and the preprocessing must outlive the loader; the
 * augmentation is copied. One thread at a time may call next and free. */
#ifndef RSL_DATA_LOADER_H
#define RSL_DATA_LOADER_H

#include "data/augment.h"
#include "resile/data.h"

struct rsl_loader;

struct rsl_loader_options {
    int64_t batch;
    uint64_t seed;                     /* of the order and of the augmentation */
    int64_t first_epoch, first_batch;  /* what next gives first; the batch after the last of an
                                          epoch is the first of the following one */
    const struct rsl_augment *augment; /* NULL: none */
    bool shuffle;                      /* false: in the order of the set */
    int64_t limit;                     /* use only so many images of the set; 0: all */
    const int64_t *subset; /* the numbers of these images, copied; NULL: the first ones */
    int depth; /* batches ahead; 0: 3, or fewer when they are larger than 64 MiB together */
};

/* Starts the thread. Refuses an empty set, a batch smaller than 1 or larger than the images used,
 * a limit beyond the set, a first batch beyond the epoch, and images that the model does not
 * take. */
int rsl_loader_new(struct rsl_loader **loader, const struct rsl_data *data,
                   const struct rsl_preprocess *preprocess,
                   const struct rsl_loader_options *options);

/* The next batch, waiting for it: floats [batch,C,H,W] and labels [batch], valid until the
 * following call. A failure of the reading thread is reported, with its sentence, in the place of
 * the batch that it could not make, and by every call after that. `epoch` and `batch` (in the
 * epoch, from 0) may be NULL. */
int rsl_loader_next(struct rsl_loader *loader, const float **images, const int **labels,
                    int64_t *epoch, int64_t *batch);

int64_t rsl_loader_batches(const struct rsl_loader *loader); /* per epoch */

/* Stops the thread after the image it is at. */
void rsl_loader_free(struct rsl_loader *loader);

#endif
