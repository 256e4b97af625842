/* The way back through operators that are linear along each axis (Resize, Pad by reflection):
 * y = M x along the axis, so dx = M' dy, a matrix product. */
#ifndef RSL_OPS_AXIS_MATRIX_H
#define RSL_OPS_AXIS_MATRIX_H

#include "graph/gradient.h"

struct rsl_axis_matrix {
    int64_t out, in;
    double *at; /* [out, in] */
};

/* All zeros. */
int rsl_axis_matrix_new(struct rsl_axis_matrix *m, int64_t out, int64_t in);
/* M' times x of the given shape along `axis`, where s->dim[axis] then becomes m->in. The result has
 * that many elements, in another shape: reshape it in the end. Frees the matrix. */
int rsl_axis_matrix_emit_back(struct rsl_backward *b, int x, struct rsl_shape *s, int axis,
                              struct rsl_axis_matrix *m);

#endif
