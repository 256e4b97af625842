/* NumPy's arrays inside of pickles, in the forms that ndarray.__reduce__ has had:
 *
 *   protocols 0 to 4: multiarray._reconstruct(ndarray, (0,), b'b') with the state
 *                     (version, shape, dtype, is Fortran's order, elements)
 *   protocol 5:       numeric._frombuffer(elements, dtype, shape, order)
 *
 * The modules are numpy.core.* and, since NumPy 2, numpy._core.*. Elements are bytes; a text in
 * what Python 2 wrote, and _codecs.encode(text, "latin1") in what Python 3 wrote for Python 2.
 * Read: bool, 8 to 64 bit integers, 16 to 64 bit floats, little endian, in C's order. */
#ifndef RSL_IO_PICKLE_ARRAY_H
#define RSL_IO_PICKLE_ARRAY_H

#include "io/pickle.h"
#include "tensor/tensor.h"

struct rsl_pickle_array {
    enum rsl_dtype dtype;
    struct rsl_shape shape;
    const uint8_t *data; /* in an arena, perhaps that of the pickle; not aligned */
    size_t size;         /* bytes, as many as dtype and shape need */
};

bool rsl_pickle_is_array(const struct rsl_pickle_value *v);
/* dtype and shape only. */
int rsl_pickle_array_form(struct rsl_pickle_array *a, const struct rsl_pickle_value *v);
/* Fails with RSL_EFORMAT when `v` is no such array. */
int rsl_pickle_array(struct rsl_pickle_array *a, struct rsl_arena *arena,
                     const struct rsl_pickle_value *v);

#endif
