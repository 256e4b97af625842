/* What the gathering and scattering operators share: where the indices point, and what happens
 * where a value lands. */
#ifndef RSL_OPS_SCATTER_H
#define RSL_OPS_SCATTER_H

#include "graph/gradient.h"
#include "ops/lists.h"

enum rsl_combine { RSL_SET, RSL_ADD, RSL_MUL, RSL_MAX, RSL_MIN };

/* Attribute `reduction`: none; add, mul from opset 16 on; max, min from 18 on. */
int rsl_read_reduction(const struct rsl_call *c, enum rsl_combine *how);
/* dst[i] = how(dst[i], src[i]) for n elements, each rounded to its type. */
void rsl_combine(enum rsl_combine how, enum rsl_dtype dtype, void *dst, const void *src, int64_t n);

/* GatherElements and ScatterElements: refuses indices whose rank is not that of the data or whose
 * dimensions beside `axis` exceed those of the data. */
int rsl_need_element_indices(const struct rsl_call *c, int axis);
/* Calls `each` for every element k of the indices (input 1) with the place in the data it names. */
int rsl_each_element(const struct rsl_call *c, int axis,
                     void (*each)(void *state, int64_t k, int64_t place), void *state);

/* GatherND and ScatterND: index tuples of `length`, each naming `inner` consecutive elements of the
 * data from place() on; `batch` leading dimensions are shared by data and indices. */
struct rsl_tuples {
    int batch, length;
    int64_t count;   /* of tuples */
    int64_t inner;   /* elements of one slice */
    int64_t each;    /* tuples per batch entry */
    int64_t entries; /* elements of the data per batch entry */
};
int rsl_read_tuples(const struct rsl_call *c, int batch, struct rsl_tuples *t);
/* First element of the slice that tuple k names. */
int rsl_tuple_place(const struct rsl_call *c, const struct rsl_tuples *t, int64_t k,
                    int64_t *place);
/* ---- for the gradients ---- */

/* Refuses reductions other than none and add. */
int rsl_emit_need_sum(struct rsl_backward *b, enum rsl_combine *how);
/* Input 1 as i64. */
int rsl_emit_indices(struct rsl_backward *b);
/* The way back of picking slices: zeros of shape x, split as `span` says, to which slice k of dy is
 * added at place indices[k]. */
int rsl_emit_put_back(struct rsl_backward *b, int dy, int indices, struct rsl_span span,
                      const struct rsl_shape *x);

#endif
