/* Greedy by size (as XNNPACK and TensorFlow Lite do): the largest buffer first, each at the lowest
 * place where it overlaps no buffer that lives at the same time. Not optimal in theory, within a
 * few per cent of the peak on real networks; quadratic in the number of buffers. */
#include "graph/lifetime.h"

#include "base/alloc.h"
#include "base/status.h"

#include <stdint.h>
#include <stdlib.h>

static int larger_first(const void *a, const void *b) {
    const struct rsl_lifetime *x = *(struct rsl_lifetime *const *)a;
    const struct rsl_lifetime *y = *(struct rsl_lifetime *const *)b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y;
}

static int lower_first(const void *a, const void *b) {
    const struct rsl_lifetime *x = *(struct rsl_lifetime *const *)a;
    const struct rsl_lifetime *y = *(struct rsl_lifetime *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static size_t aligned(size_t bytes) {
    return (bytes + RSL_ALIGN - 1) / RSL_ALIGN * RSL_ALIGN;
}

/* The lowest free place for b among its n neighbours in time, which are sorted by offset. */
static size_t lowest_gap(const struct rsl_lifetime *b, struct rsl_lifetime *const *neighbours,
                         size_t n) {
    size_t place = 0;
    for (size_t i = 0; i < n; i++) {
        if (neighbours[i]->offset >= place + aligned(b->bytes)) break;
        size_t end = neighbours[i]->offset + aligned(neighbours[i]->bytes);
        if (end > place) place = end;
    }
    return place;
}

int rsl_lifetime_layout(struct rsl_lifetime *buffers, size_t n, size_t *total) {
    struct rsl_lifetime **order = rsl_calloc(2 * n, sizeof *order);
    if (!order) return RSL_ENOMEM;
    struct rsl_lifetime **neighbours = order + n;
    for (size_t i = 0; i < n; i++) order[i] = &buffers[i];
    qsort(order, n, sizeof *order, larger_first);
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        struct rsl_lifetime *b = order[i];
        size_t m = 0;
        for (size_t j = 0; j < i; j++)
            if (order[j]->first <= b->last && b->first <= order[j]->last)
                neighbours[m++] = order[j];
        qsort(neighbours, m, sizeof *neighbours, lower_first);
        b->offset = lowest_gap(b, neighbours, m);
        if (b->bytes > SIZE_MAX / 4 || b->offset > SIZE_MAX / 4) {
            rsl_free(order);
            return rsl_fail(RSL_ENOMEM,
                            "out of memory: the workspace would exceed the address space");
        }
        if (b->offset + aligned(b->bytes) > *total) *total = b->offset + aligned(b->bytes);
    }
    rsl_free(order);
    return RSL_OK;
}
