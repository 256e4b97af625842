/* How many threads OpenMP takes, here and in the libraries below, for a while: what belongs to
 * options of an object holds for all work on that object, and is given back to the caller. The
 * number belongs to the calling thread. */
#ifndef RSL_BASE_THREADS_H
#define RSL_BASE_THREADS_H

#include <omp.h>

/* Returns what rsl_threads_end is to be given. */
static inline int rsl_threads_begin(int threads) {
    int before = omp_get_max_threads();
    if (before != threads) omp_set_num_threads(threads);
    return before;
}

static inline void rsl_threads_end(int before) {
    if (before != omp_get_max_threads()) omp_set_num_threads(before);
}

#endif
