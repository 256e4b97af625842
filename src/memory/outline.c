/* An image without bits: which weights a network has and what they are called, for those who must
 * know before anything is stored. See rsl_memory_outline. */
#include "base/alloc.h"
#include "base/status.h"
#include "graph/parameters.h"
#include "memory/image.h"

static int outline(struct rsl_memory *image, const struct rsl_graph *g, int *values, int *nodes) {
    int n = rsl_graph_weights(g, values, nodes);
    RSL_TRY(n);
    RSL_TRY(rsl_graph_require_weights(g, n));
    image->tensors = rsl_arena_array(&image->arena, (size_t)n, sizeof *image->tensors);
    if (!image->tensors) return RSL_ENOMEM;
    for (int k = 0; k < n; k++) {
        const struct rsl_value *v = &g->values.at[values[k]];
        image->tensors[k] = (struct rsl_memory_tensor){
            .name = rsl_arena_strdup(&image->arena, v->name),
            .node = rsl_arena_strdup(&image->arena, g->nodes.at[nodes[k]].name),
            .region = RSL_REGION_WEIGHTS,
            .value = values[k],
            .scales = RSL_ABSENT,
            .zero_points = RSL_ABSENT,
            .weights = RSL_ABSENT,
            .shape = v->tensor.shape,
            .storage.encoding.axis = rsl_node_weight_axis(g, &g->nodes.at[nodes[k]]),
            .count = rsl_tensor_count(&v->tensor)};
        if (!image->tensors[k].name || !image->tensors[k].node) return RSL_ENOMEM;
        image->region[RSL_REGION_WEIGHTS].elements += image->tensors[k].count;
    }
    image->n = image->region[RSL_REGION_WEIGHTS].n = n;
    for (int r = RSL_REGION_WEIGHTS + 1; r < RSL_REGIONS; r++) image->region[r].first = n;
    return RSL_OK;
}

int rsl_memory_outline(struct rsl_memory **image, const struct rsl_graph *g) {
    struct rsl_memory *m = rsl_calloc(1, sizeof *m);
    int *values = rsl_calloc(g->nodes.n, sizeof *values);
    int *nodes = rsl_calloc(g->nodes.n, sizeof *nodes);
    int rc = m && values && nodes ? outline(m, g, values, nodes) : RSL_ENOMEM;
    rsl_free(values);
    rsl_free(nodes);
    if (rc < 0) {
        rsl_memory_free(m);
        m = NULL;
    }
    *image = m;
    return rc;
}
