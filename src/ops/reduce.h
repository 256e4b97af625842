/* The Reduce* operators: one walk, ten ways to add up.
 *
 * Floats are accumulated in double and rounded once; a total of narrower ones that is beyond
 * float32 is infinite, as it is where floats are added: a mean of values that a fault has blown up
 * too. Integers are accumulated modulo 2^64 and wrap around like their type, or take the way over
 * double where the result is no integer. */
#ifndef RSL_OPS_REDUCE_H
#define RSL_OPS_REDUCE_H

#include "graph/gradient.h"
#include "ops/op.h"

struct rsl_total {
    double f, scale; /* scale: LogSumExp's largest element so far */
    uint64_t i;
    int64_t n; /* elements so far, without the one being added */
};

struct rsl_reduction {
    int axes_input;         /* opset from which the axes are input 1 */
    struct rsl_total start; /* of an empty set */
    void (*add)(struct rsl_total *t, double x);
    double (*end)(const struct rsl_total *t); /* NULL: t->f */
    /* NULL: integers are added as doubles and the end cut to an integer. */
    void (*add_integer)(struct rsl_total *t, uint64_t x, bool is_signed);
    uint64_t (*end_integer)(const struct rsl_total *t, bool is_signed); /* NULL: t->i */
};

int rsl_reduce_infer(struct rsl_call *c, const struct rsl_reduction *r);
int rsl_reduce(const struct rsl_call *c, const struct rsl_reduction *r);
/* ---- for the gradients ---- */

struct rsl_reduced {
    struct rsl_shape x, kept; /* of the input, and of the output with the reduced axes as ones */
    int64_t axes[RSL_MAX_RANK], count; /* elements behind each output element */
    size_t n;                          /* axes reduced; 0: none */
};

int rsl_reduced(struct rsl_backward *b, const struct rsl_reduction *r, struct rsl_reduced *reduced);
/* The output's gradient and the output itself, with the reduced axes as ones. */
int rsl_reduced_dy(struct rsl_backward *b, const struct rsl_reduced *r);
int rsl_reduced_y(struct rsl_backward *b, const struct rsl_reduced *r);

#endif
