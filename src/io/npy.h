/* NumPy's .npy, read and written, and .npz (a zip of them), read.
 *
 *   1. 6 bytes   "\x93NUMPY", then major and minor version (1.0, 2.0, 3.0)
 *   2. length    of the header: 2 bytes in version 1, else 4, little endian
 *   3. header    {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, padded with spaces
 *   4. the rest  the elements
 *
 * Read: bool, 8 to 64 bit integers, 16 to 64 bit floats, little endian, both orders. Arrays of
 * texts and of objects, which say something about the others in an .npz, are passed over there. */
#ifndef RSL_IO_NPY_H
#define RSL_IO_NPY_H

#include "io/tensors.h"

/* The type that NumPy calls "f4", without the sign of its byte order. */
bool rsl_npy_dtype(const char *name, enum rsl_dtype *dtype);

bool rsl_npy_detect(const uint8_t *data, size_t size);

/* Adds the array under `name`; the bytes outlive the list. */
int rsl_npy_parse(struct rsl_tensors *ts, const char *name, const uint8_t *data, size_t size);

/* Fills the empty list with the arrays of an .npz, named without the ".npy". */
int rsl_npz_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size);

/* bfloat16, which NumPy has no name for, is refused. */
int rsl_npy_write(const struct rsl_tensor *t, const char *path);

#endif
