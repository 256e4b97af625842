/* See axis_matrix.h. */
#include "ops/axis_matrix.h"

#include <inttypes.h>

#include "base/alloc.h"

enum { MOST = 1 << 26 }; /* elements of a matrix: 8192 x 8192 */

int rsl_axis_matrix_new(struct rsl_axis_matrix *m, int64_t out, int64_t in) {
    *m = (struct rsl_axis_matrix){.out = out, .in = in};
    if (in > 0 && out > MOST / in)
        return rsl_fail(RSL_EUNSUPPORTED, "no gradient from %" PRId64 " to %" PRId64 " elements",
                        out, in);
    m->at = rsl_calloc((size_t)(out * in), sizeof *m->at);
    return m->at ? RSL_OK : RSL_ENOMEM;
}

int rsl_axis_matrix_emit_back(struct rsl_backward *b, int x, struct rsl_shape *s, int axis,
                              struct rsl_axis_matrix *m) {
    const int64_t inner = rsl_shape_span(s, axis + 1, s->rank);
    const struct rsl_shape apart = {3, {rsl_shape_span(s, 0, axis), m->out, inner}};
    const struct rsl_shape rows = {2, {apart.dim[0], m->out}};
    s->dim[axis] = m->in;
    /* Behind the last axis the product is rows times M, elsewhere M' times columns. */
    int64_t dims[2] = {m->in, m->out};
    if (inner == 1) dims[0] = m->out, dims[1] = m->in;
    const struct rsl_shape shape = rsl_shape_of(2, dims);
    int matrix = rsl_emit_constant(b, &shape, m->at, inner != 1);
    rsl_free(m->at);
    m->at = NULL;
    x = rsl_emit_reshape(b, x, inner == 1 ? &rows : &apart);
    return inner == 1 ? rsl_emit(b, "MatMul", 2, x, matrix) : rsl_emit(b, "MatMul", 2, matrix, x);
}
