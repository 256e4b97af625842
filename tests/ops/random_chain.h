/* Random graphs for comparing kernels: a chain of operators on one image, drawn from a stream that
 * the case's number seeds, so that a case is a pure function of its number. */
#ifndef TESTS_RANDOM_CHAIN_H
#define TESTS_RANDOM_CHAIN_H

#include "base/philox.h"
#include "graph/plan.h"

struct chain {
    struct rsl_graph g;
    struct rsl_rng rng;
    int x;                  /* the value that the next node reads */
    struct rsl_shape shape; /* of x */
    bool failed;
};

/* Uniform in low..high, both included. */
int64_t pick(struct chain *c, int64_t low, int64_t high);
/* Remembers a failure of the building call that gave `rc`. */
void must(struct chain *c, int rc);
int constant(struct chain *c, const struct rsl_shape *shape, double low, double high);
int integers(struct chain *c, const struct rsl_shape *shape, const int64_t *values);
/* Appends a node that reads c->x first and becomes c->x; returns its index. */
int append(struct chain *c, const char *op, const int *more, int n);
/* Random kernel, strides, dilations, pads of a window over the spatial axes; false when it does
 * not fit. */
bool window(struct chain *c, int node, int64_t kernel[3], bool pool);

/* Prints the steps of a plan: operator, shape, kernel. */
void describe(struct rsl_plan *p);
/* The largest absolute value, NaN aside. */
double largest(const struct rsl_tensor *a);
/* Largest difference, relative to the largest value of `a` or to `floor`, when that is larger. NaN
 * agrees with NaN only. */
double difference(const struct rsl_tensor *a, const struct rsl_tensor *b, double floor);

#endif
