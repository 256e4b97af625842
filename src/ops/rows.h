/* Broadcasting as a sequence of rows.
 *
 * Along a row, the longest innermost run of the output in which each operand either advances with
 * the output (step 1) or stays on one element (step 0), so the loops of kernels are plain. Equal
 * shapes give one row, a scalar operand gives one row, a bias [C,1,1] gives rows of H*W.
 *
 *     struct rsl_rows w;
 *     for (rsl_rows_start(&w, &out->shape, in, n); w.done < w.count; rsl_rows_next(&w))
 *         ... w.row elements at out[w.done], in[i][w.at[i]] by w.step[i] ... */
#ifndef RSL_OPS_ROWS_H
#define RSL_OPS_ROWS_H

#include "tensor/tensor.h"

enum { RSL_OPERANDS = 3 }; /* operands */

struct rsl_rows {
    int64_t count;            /* elements of the output */
    int64_t done;             /* those before the current row */
    int64_t row;              /* elements of a row */
    int64_t at[RSL_OPERANDS]; /* first element of the row in each operand */
    int step[RSL_OPERANDS];
    /* the merged axes, innermost first */
    int n, rank;
    int64_t dim[RSL_MAX_RANK], index[RSL_MAX_RANK], stride[RSL_OPERANDS][RSL_MAX_RANK];
};

/* Operands must broadcast to `out`; in[i] may be NULL (at and step stay 0). */
void rsl_rows_start(struct rsl_rows *w, const struct rsl_shape *out,
                    const struct rsl_tensor *const *in, int n);
void rsl_rows_next(struct rsl_rows *w);

#endif
