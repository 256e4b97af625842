/* A network with everything that integers are made of, and what tests of integer networks do with
 * it. */
#ifndef TESTS_INTEGER_NET_H
#define TESTS_INTEGER_NET_H

#include "base/philox.h"
#include "check.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "memory/integer_model.h"

#include <math.h>

struct net {
    struct rsl_graph g;
    struct rsl_rng random;
};

static inline int constant(struct net *n, const char *name, struct rsl_shape shape, double low,
                           double high) {
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &n->g.arena, RSL_f32, &shape));
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        ((float *)t.data)[i] = (float)(low + (high - low) * rsl_rng_unit(&n->random));
    int v = rsl_graph_add_constant(&n->g, name, &t);
    assert_true(v >= 0);
    return v;
}

static inline int add(struct net *n, const char *op, const int *in, int n_in) {
    int out = rsl_graph_fresh(&n->g, op);
    int rc = rsl_graph_add_node(&n->g, rsl_op_find("", op), "", in, n_in, &out, 1);
    if (rc < 0) fail_msg("%s", rsl_errmsg());
    return out;
}

static inline int last(const struct net *n) {
    return (int)n->g.nodes.n - 1;
}

static inline int conv(struct net *n, const char *name, int x, int64_t from, int64_t to, int64_t k,
                       bool bias) {
    char text[32];
    const int64_t pads[] = {k / 2, k / 2, k / 2, k / 2};
    snprintf(text, sizeof text, "%s.weight", name);
    double reach = 1.5 / sqrt((double)(from * k * k));
    int in[3] = {x,
                 constant(n, text, (struct rsl_shape){4, {to, from, k, k}}, -reach, 1.3 * reach)};
    snprintf(text, sizeof text, "%s.bias", name);
    if (bias) in[2] = constant(n, text, (struct rsl_shape){1, {to}}, -0.2, 0.2);
    int y = add(n, "Conv", in, bias ? 3 : 2);
    check_ok(rsl_node_set_ints(&n->g, last(n), "pads", pads, 4));
    return y;
}

static inline int norm(struct net *n, const char *name, int x, int64_t channels) {
    static const char *const parts[] = {"scale", "shift", "mean", "var"};
    int in[5] = {x};
    for (int i = 0; i < 4; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s.%s", name, parts[i]);
        in[i + 1] = constant(n, text, (struct rsl_shape){1, {channels}},
                             i == 0 || i == 3 ? 0.5 : -0.3, i == 0 || i == 3 ? 1.5 : 0.3);
    }
    return add(n, "BatchNormalization", in, 5);
}

static inline int list(struct net *n, const char *name, const int64_t *values, int64_t count) {
    struct rsl_tensor t;
    struct rsl_shape shape = {1, {count}};
    check_ok(rsl_tensor_new(&t, &n->g.arena, RSL_i64, &shape));
    memcpy(t.data, values, (size_t)count * sizeof *values);
    return rsl_graph_add_constant(&n->g, name, &t);
}

/* Convolutions with norm, bias, residual, bounded and unusual activations; a shortcut that pads
 * channels; concatenation, pooling, two linear layers in both orders. */
static inline void build(struct net *n, uint64_t seed) {
    *n = (struct net){.random = rsl_rng(seed, 0)};
    rsl_graph_init(&n->g);
    int x = rsl_graph_add_input(&n->g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 10, 10}});
    int zero = constant(n, "zero", (struct rsl_shape){0}, 0, 0);
    int six = constant(n, "six", (struct rsl_shape){0}, 6, 6);
    int a = conv(n, "stem", x, 3, 8, 3, false);
    a = add(n, "Clip", (int[]){norm(n, "bn1", a, 8), zero, six}, 3);
    int b = conv(n, "block", a, 8, 8, 3, true);
    b = add(n, "Add", (int[]){norm(n, "bn2", b, 8), a}, 2);
    a = add(n, "Relu", &b, 1);
    b = add(n, "MaxPool", &a, 1);
    check_ok(rsl_node_set_ints(&n->g, last(n), "kernel_shape", (const int64_t[]){2, 2}, 2));
    check_ok(rsl_node_set_ints(&n->g, last(n), "strides", (const int64_t[]){2, 2}, 2));
    int pads = list(n, "pads", (const int64_t[]){0, 2, 0, 0, 0, 2, 0, 0}, 8);
    int shortcut = add(n, "Pad", (int[]){b, pads}, 2);
    a = add(n, "Add", (int[]){conv(n, "wide", b, 8, 12, 1, true), shortcut}, 2);
    b = conv(n, "left", a, 12, 6, 3, true);
    b = add(n, "Clip", (int[]){b, zero, six}, 3);
    int c = add(n, "HardSwish", (int[]){conv(n, "right", a, 12, 5, 3, false)}, 1);
    a = add(n, "Concat", (int[]){b, c}, 2);
    check_ok(rsl_node_set_int(&n->g, last(n), "axis", 1));
    a = add(n, "Flatten", (int[]){add(n, "GlobalAveragePool", &a, 1)}, 1);
    a = add(n, "Dropout", &a, 1);
    int fc1[3] = {a, constant(n, "fc1.weight", (struct rsl_shape){2, {9, 11}}, -0.5, 0.5),
                  constant(n, "fc1.bias", (struct rsl_shape){1, {9}}, -0.1, 0.1)};
    a = add(n, "Gemm", fc1, 3);
    check_ok(rsl_node_set_int(&n->g, last(n), "transB", 1));
    a = add(n, "Relu", &a, 1);
    a = add(n, "MatMul",
            (int[]){a, constant(n, "fc2.weight", (struct rsl_shape){2, {9, 7}}, -0.5, 0.6)}, 2);
    check_ok(rsl_graph_add_output(&n->g, a));
    check_ok(rsl_graph_check(&n->g));
}

/* ---- as integers ---- */

struct integer {
    struct net net;
    struct rsl_memory *image;
    struct rsl_ranges ranges;
    struct rsl_integer_network q;
};

static inline int make_image(struct rsl_memory **image, const struct rsl_graph *g,
                             const char *storage) {
    struct rsl_memory_options o = {0};
    RSL_TRY(rsl_storage_parse(&o.region[RSL_REGION_WEIGHTS], storage));
    return rsl_memory_new(image, g, &o);
}

static inline void make(struct integer *i, const char *storage) {
    struct rsl_graph decoded;
    build(&i->net, 5);
    check_ok(make_image(&i->image, &i->net.g, storage));
    check_ok(rsl_memory_decode_graph(&decoded, &i->net.g, i->image));
    check_ok(rsl_ranges_measure(&i->ranges, &decoded, NULL, NULL, 24, 2, RSL_CLIP_ERROR));
    rsl_graph_free(&decoded);
    check_ok(rsl_integer_init(&i->q, &i->net.g, i->image, NULL, &i->ranges));
}

static inline void drop(struct integer *i) {
    rsl_integer_free(&i->q);
    rsl_ranges_free(&i->ranges);
    rsl_memory_free(i->image);
    rsl_graph_free(&i->net.g);
}

enum { IMAGES = 3, CLASSES = 7 };

static inline struct rsl_plan *plan(const struct rsl_graph *g, bool reference) {
    struct rsl_plan *p;
    struct rsl_plan_options o = {
        .batch = IMAGES, .threads = 1, .reference = reference, .fuse = true};
    check_ok(rsl_plan_new(&p, g, &o));
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    struct rsl_rng random = rsl_rng(9, 9);
    for (int64_t i = 0; i < rsl_tensor_count(x); i++)
        ((float *)x->data)[i] = (float)(2 * rsl_rng_unit(&random) - 1);
    return p;
}

static inline void scores(struct rsl_plan *p, float *y) {
    check_ok(rsl_plan_run(p));
    memcpy(y, rsl_plan_output(p, 0)->data, IMAGES * CLASSES * sizeof *y);
}

static inline void run(const struct rsl_graph *g, bool reference, float *y) {
    struct rsl_plan *p = plan(g, reference);
    scores(p, y);
    rsl_plan_free(p);
}

static inline bool same(const float *a, const float *b) {
    return memcmp(a, b, IMAGES * CLASSES * sizeof *a) == 0;
}

#endif
