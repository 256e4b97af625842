/* See stored.h. */
#include "memory/stored.h"

#include "base/status.h"
#include "memory/cells.h"

static int read_weights(struct rsl_model *m, const struct rsl_cells *cells) {
    const struct rsl_memory *image = m->image;
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &image->tensors[k];
        struct rsl_tensor *constant = &m->graph.values.at[t->value].tensor;
        if (constant->dtype != RSL_f32)
            return rsl_fail(RSL_EUNSUPPORTED, "weights of '%s' are %s: only f32 can be replaced",
                            t->name, rsl_dtype_name((int)constant->dtype));
        struct rsl_tensor read;
        RSL_TRY(rsl_tensor_new(&read, &m->graph.arena, RSL_f32, &t->shape));
        rsl_cells_values(cells, k, read.data, NULL);
        *constant = read;
    }
    return RSL_OK;
}

int rsl_model_store(struct rsl_model *m, struct rsl_memory *image) {
    struct rsl_cells *cells;
    if (m->free_image) m->free_image(m->image);
    m->image = image;
    m->free_image = rsl_memory_free;
    RSL_TRY(rsl_cells_new(&cells, image));
    int rc = read_weights(m, cells);
    rsl_cells_free(cells);
    return rc;
}
