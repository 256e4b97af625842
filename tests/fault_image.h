/* Memory images for the tests of faults: a small network's, and the geometry of large ones without
 * their bits (drawing faults needs no more). */
#ifndef TESTS_FAULT_IMAGE_H
#define TESTS_FAULT_IMAGE_H

#include "base/alloc.h"
#include "base/philox.h"
#include "check.h"
#include "graph/op.h"
#include "memory/cells.h"

struct network {
    struct rsl_graph graph;
    struct rsl_memory *image;
};

static inline int network_constant(struct rsl_graph *g, const char *name, int rank,
                                   const int64_t *dim) {
    struct rsl_shape shape = rsl_shape_of(rank, dim);
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &g->arena, RSL_f32, &shape));
    struct rsl_rng r = rsl_rng(11, g->values.n);
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        rsl_tensor_set_double(&t, i, 0.1 * rsl_rng_normal(&r));
    int v = rsl_graph_add_constant(g, name, &t);
    assert_true(v >= 0);
    return v;
}

static inline int network_node(struct rsl_graph *g, const char *op, const char *name, const int *in,
                               int n) {
    int out = rsl_graph_fresh(g, op);
    assert_true(out >= 0);
    check_ok(rsl_graph_add_node(g, rsl_op_find("", op), name, in, n, &out, 1));
    return out;
}

/* conv1 [5,3,3,3] with a bias -> batch norm bn1 -> block.conv [4,5,2,2] -> flatten -> fc [6,16],
 * whose weights are stored as said. Shapes need not fit: nothing is run. */
static inline struct network network(const char *storage) {
    struct network net;
    struct rsl_graph *g = &net.graph;
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 8, 8}});
    int w = network_constant(g, "conv1.weight", 4, (int64_t[]){5, 3, 3, 3});
    int b = network_constant(g, "conv1.bias", 1, (int64_t[]){5});
    int a = network_node(g, "Conv", "first", (int[]){x, w, b}, 3);
    static const char *const names[] = {"bn1.weight", "bn1.bias", "bn1.running_mean",
                                        "bn1.running_var"};
    int norm[5] = {a};
    for (int i = 0; i < 4; i++) norm[i + 1] = network_constant(g, names[i], 1, (int64_t[]){5});
    a = network_node(g, "BatchNormalization", "norm", norm, 5);
    w = network_constant(g, "block.conv.weight", 4, (int64_t[]){4, 5, 2, 2});
    a = network_node(g, "Conv", "second", (int[]){a, w}, 2);
    a = network_node(g, "Flatten", "flat", &a, 1);
    w = network_constant(g, "fc.weight", 2, (int64_t[]){6, 16});
    a = network_node(g, "Gemm", "last", (int[]){a, w}, 2);
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
    struct rsl_memory_options o = {0};
    check_ok(rsl_storage_parse(&o.region[RSL_REGION_WEIGHTS], storage));
    check_ok(rsl_memory_new(&net.image, g, &o));
    return net;
}

static inline void network_free(struct network *net) {
    rsl_memory_free(net->image);
    rsl_graph_free(&net->graph);
}

/* Only the geometry: weights of these sizes, one after the other. */
static inline struct rsl_memory fake_image(const int64_t *counts, int n, const char *storage) {
    struct rsl_memory image = {.n = n};
    image.tensors = rsl_calloc((size_t)n, sizeof *image.tensors);
    assert_non_null(image.tensors);
    for (int i = 0; i < n; i++) {
        struct rsl_memory_tensor *t = &image.tensors[i];
        t->name = "layer";
        t->region = RSL_REGION_WEIGHTS;
        t->scales = t->zero_points = t->weights = RSL_ABSENT;
        t->shape = rsl_shape_of(1, &counts[i]);
        t->count = counts[i];
        check_ok(rsl_storage_parse(&t->storage, storage));
        t->groups = rsl_groups_of(&t->storage, t->count);
        t->address = image.bits;
        image.bits += t->groups.stored;
        image.region[RSL_REGION_WEIGHTS].elements += t->count;
    }
    image.region[RSL_REGION_WEIGHTS].n = n;
    image.region[RSL_REGION_WEIGHTS].bits = image.bits;
    return image;
}

static inline void fake_free(struct rsl_memory *image) {
    rsl_free(image->tensors);
}

#endif
