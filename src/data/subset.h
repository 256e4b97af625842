/* Which images a training on a part of a set takes: the first ones, but of a set that is sorted by
 * class, whose first images are all of its first classes, as many of each class. */
#ifndef RSL_DATA_SUBSET_H
#define RSL_DATA_SUBSET_H

#include "resile/data.h"

/* *subset: the `count` numbers of the images in rising order, from rsl_malloc, or NULL when they
 * are the first; 0 < count <= images of the set. */
int rsl_subset_choose(const struct rsl_data *data, int64_t count, int64_t **subset);

/* How many classes the images have; `subset` NULL: the first `count`. Negative status: no memory.
 */
int rsl_subset_classes(const struct rsl_data *data, const int64_t *subset, int64_t count);

#endif
