/* See own_statistics.h. */
#include "train/own_statistics.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/identities.h"
#include "graph/parameters.h"

enum { MEAN = 3, VARIANCE = 4 }; /* inputs of BatchNormalization */

static const char *const stems[] = {[MEAN] = "running_mean", [VARIANCE] = "running_var"};

enum { AS_MEAN = 1, AS_VARIANCE = 2, AS_PARAMETER = 4 };

/* What each value is read as. */
static int find_uses(const struct rsl_graph *g, int *as) {
    enum rsl_constant_role *roles = rsl_calloc(g->values.n, sizeof *roles);
    if (!roles) return RSL_ENOMEM;
    rsl_graph_roles(g, roles);
    for (size_t v = 0; v < g->values.n; v++)
        if (roles[v] == RSL_ROLE_PARAMETER) as[v] = AS_PARAMETER;
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        if (!rsl_node_is(n, "BatchNormalization")) continue;
        as[n->in[MEAN]] |= AS_MEAN;
        as[n->in[VARIANCE]] |= AS_VARIANCE;
    }
    rsl_free(roles);
    return RSL_OK;
}

static int own(struct rsl_graph *g, size_t node, int k) {
    int shared = g->nodes.at[node].in[k], v = rsl_graph_fresh(g, stems[k]);
    if (v < 0) return v;
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = g->values.at[shared].tensor;
    g->nodes.at[node].in[k] = v;
    return RSL_OK;
}

static int separate(struct rsl_graph *g) {
    int *as = rsl_calloc(g->values.n, sizeof *as);
    if (!as) return RSL_ENOMEM;
    int rc = find_uses(g, as);
    for (size_t i = 0; i < g->nodes.n && rc == RSL_OK; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        if (!rsl_node_is(n, "BatchNormalization")) continue;
        for (int k = MEAN; k <= VARIANCE && rc == RSL_OK; k++) {
            bool constant = g->values.at[n->in[k]].kind == RSL_VALUE_CONSTANT;
            if (constant && (as[n->in[k]] & (as[n->in[k]] - 1))) rc = own(g, i, k);
        }
    }
    rsl_free(as);
    return rc;
}

int rsl_own_statistics(struct rsl_graph *g) {
    RSL_TRY(rsl_graph_drop_identities(g));
    return separate(g);
}
