/* See rows.h. */
#include "ops/rows.h"

#include "ops/op.h"

#include <assert.h>

/* True when axis `d` of the output continues the outermost merged axis in every operand. */
static bool continues(const struct rsl_rows *w, int64_t stride[][RSL_MAX_RANK], int d) {
    int top = w->rank - 1;
    for (int i = 0; i < w->n; i++)
        if (stride[i][d] != w->stride[i][top] * w->dim[top]) return false;
    return true;
}

void rsl_rows_start(struct rsl_rows *w, const struct rsl_shape *out,
                    const struct rsl_tensor *const *in, int n) {
    assert(n <= RSL_OPERANDS);
    int64_t stride[RSL_OPERANDS][RSL_MAX_RANK] = {{0}};
    for (int i = 0; i < n; i++)
        if (in[i]) rsl_broadcast_strides(&in[i]->shape, out, stride[i]);
    *w = (struct rsl_rows){.n = n, .count = rsl_shape_count(out), .row = 1};
    for (int d = out->rank - 1; d >= 0; d--) {
        if (out->dim[d] == 1) continue;
        if (w->rank > 0 && continues(w, stride, d)) {
            w->dim[w->rank - 1] *= out->dim[d];
            continue;
        }
        for (int i = 0; i < n; i++) w->stride[i][w->rank] = stride[i][d];
        w->dim[w->rank++] = out->dim[d];
    }
    if (w->rank > 0) w->row = w->dim[0];
    for (int i = 0; i < n; i++) w->step[i] = in[i] && (w->rank == 0 || w->stride[i][0]);
}

void rsl_rows_next(struct rsl_rows *w) {
    w->done += w->row;
    for (int d = 1; d < w->rank; d++) {
        for (int i = 0; i < w->n; i++) w->at[i] += w->stride[i][d];
        if (++w->index[d] < w->dim[d]) return;
        for (int i = 0; i < w->n; i++) w->at[i] -= w->stride[i][d] * w->dim[d];
        w->index[d] = 0;
    }
}
