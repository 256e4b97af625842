/* Scales and zero points of the integer operators: one element for the whole tensor, or one per
 * row, column or channel. */
#ifndef RSL_OPS_INTEGER_OPERANDS_H
#define RSL_OPS_INTEGER_OPERANDS_H

#include "ops/matrix_product.h"

/* Refuses input i, when present, unless it has 1, `along` or along * repeats elements. */
int rsl_need_parameter(const struct rsl_call *c, int i, int64_t along, int64_t repeats);
/* The parameter of place k in 0..along*repeats-1; 0 when input i is absent. */
double rsl_parameter(const struct rsl_call *c, int i, int64_t k);
/* Takes the zero points in input `zero` off matrix p of a product's left operand (`left`: one per
 * row) or of its right one (one per column). */
void rsl_subtract_zero(const struct rsl_call *c, int zero, bool left, int64_t p,
                       union rsl_number *v, int64_t rows, int64_t columns);
/* v rounded half to even, plus zero; storing it in an integer tensor saturates. */
double rsl_requantize(double v, double zero);

#endif
