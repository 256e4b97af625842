/* Memory images for the tests of faults: a small network's, and the geometry of large ones without
 * their bits (drawing faults needs no more). */
#ifndef TESTS_FAULT_IMAGE_H
#define TESTS_FAULT_IMAGE_H

#include "base/alloc.h"
#include "made_graph.h"
#include "memory/cells.h"

struct network {
    struct rsl_graph graph;
    struct rsl_memory *image;
};

/* conv1 [5,3,3,3] with a bias -> batch norm bn1 -> block.conv [4,5,2,2] -> flatten -> fc [6,16],
 * whose weights are stored as said. Shapes need not fit: nothing is run. */
static inline struct network network(const char *storage) {
    struct network net;
    struct rsl_graph *g = &net.graph;
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 8, 8}});
    int w = made_constant(g, "conv1.weight", RSL_f32, 4, (int64_t[]){5, 3, 3, 3});
    int b = made_constant(g, "conv1.bias", RSL_f32, 1, (int64_t[]){5});
    int a = made_node(g, "Conv", "first", (int[]){x, w, b}, 3);
    static const char *const names[] = {"bn1.weight", "bn1.bias", "bn1.running_mean",
                                        "bn1.running_var"};
    int norm[5] = {a};
    for (int i = 0; i < 4; i++)
        norm[i + 1] = made_constant(g, names[i], RSL_f32, 1, (int64_t[]){5});
    a = made_node(g, "BatchNormalization", "norm", norm, 5);
    w = made_constant(g, "block.conv.weight", RSL_f32, 4, (int64_t[]){4, 5, 2, 2});
    a = made_node(g, "Conv", "second", (int[]){a, w}, 2);
    a = made_node(g, "Flatten", "flat", &a, 1);
    w = made_constant(g, "fc.weight", RSL_f32, 2, (int64_t[]){6, 16});
    a = made_node(g, "Gemm", "last", (int[]){a, w}, 2);
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
