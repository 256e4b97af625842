/* See ascending.h. */
#include "base/ascending.h"

#include <stdlib.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void rsl_sort_ascending(double *values, size_t n) {
    if (n) qsort(values, n, sizeof *values, compare);
}
