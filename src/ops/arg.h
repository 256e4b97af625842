/* The place of the largest or smallest element of a lane; ArgMax, ArgMin and Hardmax. */
#ifndef RSL_OPS_ARG_H
#define RSL_OPS_ARG_H

#include "ops/op.h"

/* Index of the extreme one of n >= 1 elements `step` bytes apart: the first of equal ones, or the
 * last. A NaN is more extreme than any number, as in NumPy. */
int64_t rsl_arg_lane(enum rsl_dtype dtype, const void *x, int64_t n, int64_t step, bool largest,
                     bool last);

int rsl_arg_infer(struct rsl_call *c);
int rsl_arg_forward(const struct rsl_call *c, bool largest);

#endif
