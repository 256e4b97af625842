/* The geometry of a small memory for the fuzz targets of faults: two convolutions and a linear
 * layer, scales, and a norm; no bits. */
#ifndef TESTS_FUZZ_FUZZ_IMAGE_H
#define TESTS_FUZZ_FUZZ_IMAGE_H

#include "memory/image.h"

#include <stdlib.h>

static inline const struct rsl_memory *fuzz_image(void) {
    static const struct {
        const char *name, *node, *storage;
        enum rsl_region region;
        int weights;
        struct rsl_shape shape;
    } parts[] = {
        {"conv1.weight", "conv", "affine3/msb/plane", RSL_REGION_WEIGHTS, -1, {4, {5, 3, 3, 3}}},
        {"block.conv.weight",
         "second",
         "affine5/secded",
         RSL_REGION_WEIGHTS,
         -1,
         {4, {4, 5, 2, 2}}},
        {"fc.weight", "last", "f32", RSL_REGION_WEIGHTS, -1, {2, {6, 16}}},
        {"conv1.weight", "conv", "f32", RSL_REGION_SCALES, 0, {1, {5}}},
        {"bn1.weight", NULL, "f32", RSL_REGION_NORMS, -1, {1, {5}}},
    };
    enum { N = sizeof parts / sizeof *parts };
    static struct rsl_memory_tensor tensors[N];
    static struct rsl_memory image = {.n = N, .tensors = tensors};
    if (image.bits) return &image;
    for (int i = 0; i < N; i++) {
        struct rsl_memory_tensor *t = &tensors[i];
        struct rsl_memory_region *r = &image.region[parts[i].region];
        *t = (struct rsl_memory_tensor){.name = parts[i].name,
                                        .node = parts[i].node,
                                        .region = parts[i].region,
                                        .scales = RSL_ABSENT,
                                        .zero_points = RSL_ABSENT,
                                        .weights = parts[i].weights,
                                        .shape = parts[i].shape,
                                        .address = image.bits};
        if (rsl_storage_parse(&t->storage, parts[i].storage) < 0) abort();
        t->count = rsl_shape_count(&t->shape);
        t->groups = rsl_groups_of(&t->storage, t->count);
        image.bits += t->groups.stored;
        r->first = r->n++ ? r->first : i;
        r->bits += t->groups.stored;
        r->elements += t->count;
    }
    return &image;
}

#endif
