/* The order in which an epoch visits the images: a permutation that is a pure function of
 * (seed, epoch).
 *
 * An epoch has as many full batches as the images fill; the images left over at its end are
 * skipped. They are others in every epoch, since the order is. */
#ifndef RSL_DATA_ORDER_H
#define RSL_DATA_ORDER_H

#include <stdint.h>

/* The permutation of 0..n-1 (Fisher-Yates). */
void rsl_order_shuffle(uint64_t seed, int64_t epoch, int64_t n, int64_t *order);

/* Full batches of an epoch over n images. */
int64_t rsl_order_batches(int64_t n, int64_t batch);

#endif
