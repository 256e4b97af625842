/* One element as a number, where double would lose: integers of 64 bits, and an order of all values
 * of a type. */
#ifndef RSL_OPS_NUMBER_H
#define RSL_OPS_NUMBER_H

#include "tensor/dtype.h"

bool rsl_dtype_is_integer(int dtype); /* not bool */
bool rsl_dtype_is_signed(int dtype);  /* signed integer */

/* The integer's value modulo 2^64 (sign extended); storing keeps the low bytes, so that sums and
 * products wrap around like those of the type itself. */
uint64_t rsl_load_integer(int dtype, const void *p);
void rsl_store_integer(int dtype, void *p, uint64_t value);

/* What a float32 holds of x, but for rounding: infinity beyond its range. Sums are made in double;
 * where a fault has blown up what is added, they overflow as sums of floats do. */
double rsl_within_f32(double x);

/* A key that orders the values of a type as numbers: -0 equals 0, every NaN is one value above
 * infinity. */
uint64_t rsl_order_key(int dtype, const void *p);
#define RSL_KEY_NAN UINT64_MAX

#endif
