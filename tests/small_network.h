/* Building networks by hand in tests: layers with random weights that depend only on the order in
 * which they are added. */
#ifndef TESTS_SMALL_NETWORK_H
#define TESTS_SMALL_NETWORK_H

#include "base/philox.h"
#include "check.h"
#include "graph/op.h"

static inline int network_constant(struct rsl_graph *g, const char *name,
                                   const struct rsl_shape *shape, double low, double high) {
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &g->arena, RSL_f32, shape));
    struct rsl_rng r = rsl_rng(7, g->values.n);
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        ((float *)t.data)[i] = (float)(low + (high - low) * rsl_rng_unit(&r));
    int v = rsl_graph_add_constant(g, name, &t);
    assert_true(v >= 0);
    return v;
}

static inline int network_add(struct rsl_graph *g, const char *op, const int *in, int n) {
    int out = rsl_graph_fresh(g, op);
    check_ok(rsl_graph_add_node(g, rsl_op_find("", op), "", in, n, &out, 1));
    return out;
}

static inline int network_conv(struct rsl_graph *g, int x, int64_t ci, int64_t co, int64_t k,
                               const char *name) {
    char weight[32], bias[32];
    snprintf(weight, sizeof weight, "%s.w", name);
    snprintf(bias, sizeof bias, "%s.b", name);
    int in[3] = {x, network_constant(g, weight, &(struct rsl_shape){4, {co, ci, k, k}}, -0.3, 0.3),
                 network_constant(g, bias, &(struct rsl_shape){1, {co}}, -0.1, 0.1)};
    int out = network_add(g, "Conv", in, 3);
    const int64_t pads[4] = {k / 2, k / 2, k / 2, k / 2};
    check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "pads", pads, 4));
    return out;
}

static inline int network_norm(struct rsl_graph *g, int x, int64_t c, const char *name) {
    struct rsl_shape s = {1, {c}};
    char text[4][32];
    int in[5] = {x};
    for (int i = 0; i < 4; i++) {
        snprintf(text[i], sizeof text[i], "%s.%d", name, i);
        in[i + 1] =
            network_constant(g, text[i], &s, i == 1 || i == 2 ? -0.2 : 0.5, i == 3 ? 2 : 0.9);
    }
    return network_add(g, "BatchNormalization", in, 5);
}

#endif
