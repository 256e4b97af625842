/* Graphs made by hand in tests: constants with weights that look like a network's, and nodes. */
#ifndef TESTS_MADE_GRAPH_H
#define TESTS_MADE_GRAPH_H

#include "base/philox.h"
#include "check.h"
#include "graph/op.h"

/* Normal with deviation 0.1, other numbers for every constant of a graph, the same in every run. */
static inline int made_constant(struct rsl_graph *g, const char *name, enum rsl_dtype dtype,
                                int rank, const int64_t *dim) {
    struct rsl_shape shape = rsl_shape_of(rank, dim);
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &g->arena, dtype, &shape));
    struct rsl_rng r = rsl_rng(11, g->values.n);
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        rsl_tensor_set_double(&t, i, 0.1 * rsl_rng_normal(&r));
    int v = rsl_graph_add_constant(g, name, &t);
    assert_true(v >= 0);
    return v;
}

/* Its output. */
static inline int made_node(struct rsl_graph *g, const char *op, const char *name, const int *in,
                            int n) {
    int out = rsl_graph_fresh(g, op);
    assert_true(out >= 0);
    check_ok(rsl_graph_add_node(g, rsl_op_find("", op), name, in, n, &out, 1));
    return out;
}

#endif
