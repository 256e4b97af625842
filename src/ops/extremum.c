/* See extremum.h. */
#include "ops/extremum.h"

/* 1 where x is y, else 0. */
static int mark(struct rsl_backward *b, int x, int y) {
    return rsl_emit_cast(b, rsl_emit(b, "Equal", 2, x, y), rsl_backward_out(b, 0)->dtype);
}

int rsl_gradient_extremum(struct rsl_backward *b) {
    int n = b->node.n_in, y = b->node.out[0], count = 0;
    int *marks = rsl_arena_array(&b->graph->arena, (size_t)n, sizeof *marks);
    if (!marks) return RSL_ENOMEM;
    for (int i = 0; i < n; i++) marks[i] = mark(b, b->node.in[i], y);
    rsl_emit_many(b, "Sum", marks, n, &count, 1);
    int share = rsl_emit(b, "Div", 2, b->dy[0], count);
    for (int i = 0; i < n; i++)
        if (rsl_wanted(b, i))
            b->dx[i] = rsl_emit_sum_to(b, rsl_emit(b, "Mul", 2, share, marks[i]), i);
    return RSL_OK;
}

int rsl_emit_extremum_gradient(struct rsl_backward *b, int x, int y, int dy, const int64_t *axes,
                               size_t n) {
    int marks = mark(b, x, y);
    int count = n ? rsl_emit_reduce_sum(b, marks, axes, n, true) : marks;
    return rsl_emit(b, "Mul", 2, marks, rsl_emit(b, "Div", 2, dy, count));
}
