/* Numbers in ascending order: for medians and quantiles. */
#ifndef RSL_BASE_ASCENDING_H
#define RSL_BASE_ASCENDING_H

#include <stddef.h>

/* Sorts them, none of which is NaN. */
void rsl_sort_ascending(double *values, size_t n);

#endif
