/* See fold.h. */
#include "graph/fold.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "graph/parameters.h"

enum { MOST_COMPUTED = 16 }; /* elements, in those of all constants: a file decides what is made */

struct folder {
    struct rsl_graph *g;
    bool *fixed;  /* per value: rsl_graph_fixed */
    bool *needed; /* per value: some weight is computed from it, or is it */
    bool *marked; /* per node: makes needed values; later: goes */
};

static bool find_weights(struct folder *f) {
    bool any = false;
    for (size_t i = 0; i < f->g->nodes.n; i++) {
        int v = rsl_node_computed_weight(f->g, &f->g->nodes.at[i], f->fixed);
        if (v != RSL_ABSENT) any = f->needed[v] = true;
    }
    return any;
}

/* The nodes that compute them, from the last to the first. */
static void mark_nodes(struct folder *f) {
    for (size_t i = f->g->nodes.n; i-- > 0;) {
        const struct rsl_node *n = &f->g->nodes.at[i];
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT && f->needed[n->out[k]]) f->marked[i] = true;
        for (int k = 0; f->marked[i] && k < n->n_in; k++)
            if (n->in[k] != RSL_ABSENT) f->needed[n->in[k]] = true;
    }
}

static int64_t most_elements(const struct rsl_graph *g) {
    int64_t count = 0;
    for (size_t v = 0; v < g->values.n; v++)
        if (g->values.at[v].kind == RSL_VALUE_CONSTANT)
            count += rsl_tensor_count(&g->values.at[v].tensor);
    return count * MOST_COMPUTED;
}

/* Constants that only the nodes that went had read are none any more: nothing shall store them. */
static int drop_unused(struct folder *f) {
    struct rsl_graph *g = f->g;
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    for (size_t v = 0; v < g->values.n; v++) {
        struct rsl_value *value = &g->values.at[v];
        if (!f->needed[v] || uses[v] || value->kind != RSL_VALUE_CONSTANT) continue;
        value->kind = RSL_VALUE_COMPUTED;
        value->tensor = (struct rsl_tensor){0};
    }
    rsl_free(uses);
    return RSL_OK;
}

/* All outputs of the nodes that were run become constants; the nodes go. */
static int settle(struct folder *f) {
    struct rsl_graph *g = f->g;
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        for (int k = 0; f->marked[i] && k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT) g->values.at[n->out[k]].kind = RSL_VALUE_CONSTANT;
    }
    RSL_TRY(rsl_graph_remove(g, f->marked));
    return drop_unused(f);
}

/* Back to values without a type. */
static void forget(struct folder *f) {
    for (size_t v = 0; v < f->g->values.n; v++)
        if (f->g->values.at[v].kind == RSL_VALUE_COMPUTED)
            f->g->values.at[v].tensor = (struct rsl_tensor){0};
}

static int fold(struct folder *f) {
    rsl_graph_fixed(f->g, f->fixed);
    if (!find_weights(f)) return RSL_OK;
    mark_nodes(f);
    int rc = rsl_graph_compute(f->g, f->marked, most_elements(f->g));
    if (rc == RSL_OK) return settle(f);
    forget(f);
    return rc == RSL_ENOMEM ? rc : RSL_OK;
}

int rsl_model_fold_weights(struct rsl_model *m) {
    struct rsl_graph *g = &m->graph;
    struct folder f = {.g = g,
                       .fixed = rsl_calloc(g->values.n, sizeof *f.fixed),
                       .needed = rsl_calloc(g->values.n, sizeof *f.needed),
                       .marked = rsl_calloc(g->nodes.n, sizeof *f.marked)};
    int rc = f.fixed && f.needed && f.marked ? fold(&f) : RSL_ENOMEM;
    rsl_free(f.fixed);
    rsl_free(f.needed);
    rsl_free(f.marked);
    return rc;
}
