/* What the operators' files share: the operator struct and the checks of shape rules. */
#ifndef RSL_OPS_OP_H
#define RSL_OPS_OP_H

#include "graph/op.h"

/* Input i, or NULL when the node leaves it out. */
const struct rsl_tensor *rsl_input(const struct rsl_call *c, int i);

/* Refuses input i unless its dtype is in `allowed`, a string of dtype names as "f32 f64". */
int rsl_need_dtype(const struct rsl_call *c, int i, const char *allowed);
/* Refuses input i unless its dtype equals input 0's. */
int rsl_need_same_dtype(const struct rsl_call *c, int i);
int rsl_need_rank(const struct rsl_call *c, int i, int min, int max);
/* Which of n words attribute `name` is; word 0 when it is absent. NULL stands for a word that the
 * call's opset lacks. Refuses all others. */
int rsl_read_word(const struct rsl_call *c, const char *name, const char *const *words, int n,
                  int *which);
/* Counts a negative axis from the end; refuses outside [-rank, rank) (allow_end: <= rank). */
int rsl_need_axis(int64_t axis, int rank, bool allow_end, int *out);
/* Sets output i; checks the shape for impossible sizes. No-op for an output nobody wants. */
int rsl_set_out(struct rsl_call *c, int i, enum rsl_dtype dtype, const struct rsl_shape *shape);
/* The attribute "shape" of gradient operators: that of the forward tensor they give back. */
int rsl_need_shape(const struct rsl_call *c, struct rsl_shape *shape);
/* Output 0 has input 0's dtype and shape: the rule of every unary operator. */
int rsl_infer_same(struct rsl_call *c);
/* Output 0 gets input 0's bytes: the kernel of every `alias` operator. */
int rsl_forward_copy(const struct rsl_call *c);
/* NumPy broadcasting of two shapes; refuses with both shapes in the sentence. */
int rsl_broadcast(const struct rsl_shape *a, const struct rsl_shape *b, struct rsl_shape *out);
/* Element strides with which an operand of shape `s` walks over `out`: 0 along broadcast axes. */
void rsl_broadcast_strides(const struct rsl_shape *s, const struct rsl_shape *out,
                           int64_t strides[RSL_MAX_RANK]);
/* Row-major element strides. */
void rsl_strides(const struct rsl_shape *s, int64_t strides[RSL_MAX_RANK]);

#endif
