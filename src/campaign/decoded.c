/* See decoded.h. */
#include "campaign/decoded.h"

#include "base/alloc.h"
#include "base/status.h"

#include <string.h>

/* Floats that a tensor of any floating-point type takes as they are, NaN included. */
static void set(struct rsl_tensor *t, int64_t index, float value) {
    if (t->dtype == RSL_f32)
        ((float *)t->data)[index] = value;
    else
        rsl_tensor_set_double(t, index, (double)value);
}

static int decode_tensor(struct rsl_decoded *d, const struct rsl_cells *cells, int tensor,
                         const struct rsl_memory_tensor *t) {
    struct rsl_tensor *own = &d->graph.values.at[d->value[tensor]].tensor;
    RSL_TRY(rsl_tensor_new(own, &d->graph.arena, own->dtype, &t->shape));
    if (own->dtype == RSL_f32) {
        rsl_cells_values(cells, tensor, own->data, NULL);
        return RSL_OK;
    }
    for (int64_t i = 0; i < t->count; i++) set(own, i, rsl_cells_value(cells, tensor, i));
    return RSL_OK;
}

static int decode(struct rsl_decoded *d, const struct rsl_memory *image) {
    struct rsl_cells *cells;
    RSL_TRY(rsl_cells_new(&cells, image));
    int rc = RSL_OK;
    for (int i = 0; i < image->n && rc == RSL_OK; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        d->value[i] = t->weights == RSL_ABSENT ? t->value : RSL_ABSENT;
        if (d->value[i] != RSL_ABSENT) rc = decode_tensor(d, cells, i, t);
    }
    rsl_cells_free(cells);
    return rc;
}

int rsl_decoded_init(struct rsl_decoded *d, const struct rsl_graph *g,
                     const struct rsl_memory *image) {
    *d = (struct rsl_decoded){0};
    rsl_graph_init(&d->graph);
    d->n = image->n;
    d->value = rsl_calloc((size_t)d->n, sizeof *d->value);
    d->aligned = rsl_calloc((size_t)d->n, sizeof *d->aligned);
    int rc = d->value && d->aligned ? rsl_graph_copy(&d->graph, g) : RSL_ENOMEM;
    if (rc == RSL_OK) rc = decode(d, image);
    if (rc < 0) rsl_decoded_free(d);
    return rc;
}

void rsl_decoded_free(struct rsl_decoded *d) {
    for (int i = 0; d->aligned && i < d->n; i++) rsl_free(d->aligned[i]);
    rsl_graph_free(&d->graph);
    rsl_free(d->aligned);
    rsl_free(d->value);
    *d = (struct rsl_decoded){0};
}

void rsl_decoded_set(struct rsl_decoded *d, int tensor, int64_t index, float value) {
    set(&d->graph.values.at[d->value[tensor]].tensor, index, value);
}

int rsl_decoded_align(struct rsl_decoded *d, int tensor) {
    struct rsl_tensor *t = &d->graph.values.at[d->value[tensor]].tensor;
    size_t bytes = rsl_tensor_bytes(t);
    void *aligned = rsl_malloc(bytes);
    if (!aligned) return RSL_ENOMEM;
    memcpy(aligned, t->data, bytes);
    rsl_free(d->aligned[tensor]);
    t->data = d->aligned[tensor] = aligned;
    return RSL_OK;
}
