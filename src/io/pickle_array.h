/* NumPy's arrays inside of pickles, in the forms that ndarray.__reduce__ has had:
 *
 *   protocols 0 to 4: multiarray._reconstruct(ndarray, (0,), b'b') with the state
 *                     (version, shape, dtype, is Fortran's order, elements)
 *   protocol 5:       numeric._frombuffer(elements, dtype, shape, order)
 *
 * The modules are numpy.core.* and, since NumPy 2, numpy._core.*. Elements are bytes; a text in
 * what Python 2 wrote, and _codecs.encode(text, "latin1") in what Python 3 wrote for Python 2.
 * Arrays of unsigned bytes in C's order are read, which is what the data sets that come as pickles
 * hold. */
#ifndef RSL_IO_PICKLE_ARRAY_H
#define RSL_IO_PICKLE_ARRAY_H

#include "io/pickle.h"

enum { RSL_PICKLE_ARRAY_RANK = 8 };

struct rsl_pickle_array {
    const uint8_t *data; /* in the pickle's arena */
    size_t size;         /* the product of the shape */
    int rank;
    int64_t shape[RSL_PICKLE_ARRAY_RANK];
};

/* Fails with RSL_EFORMAT when `v` is no such array. */
int rsl_pickle_array(struct rsl_pickle_array *a, struct rsl_arena *arena,
                     const struct rsl_pickle_value *v);

#endif
