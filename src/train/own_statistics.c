/* See own_statistics.h. */
#include "train/own_statistics.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/parameters.h"

enum { MEAN = 3, VARIANCE = 4 }; /* inputs of BatchNormalization */

static const char *const stems[] = {[MEAN] = "running_mean", [VARIANCE] = "running_var"};

/* ---- Identity nodes ---- */

/* The value behind Identity nodes, which are marked. The walk ends: producers come before. */
static int behind_identities(const struct rsl_graph *g, int value, bool *passed) {
    for (;;) {
        int producer = g->values.at[value].producer;
        if (producer == RSL_ABSENT || !rsl_node_is(&g->nodes.at[producer], "Identity"))
            return value;
        passed[producer] = true;
        value = g->nodes.at[producer].in[0];
    }
}

/* Of the nodes marked, those that nothing reads any more go, from the last to the first. */
static int remove_unread(struct rsl_graph *g, bool *passed) {
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    bool any = false;
    for (size_t i = g->nodes.n; i-- > 0;) {
        const struct rsl_node *n = &g->nodes.at[i];
        passed[i] = passed[i] && uses[n->out[0]] == 0;
        if (passed[i]) uses[n->in[0]]--;
        any = any || passed[i];
    }
    rsl_free(uses);
    return any ? rsl_graph_remove(g, passed) : RSL_OK;
}

static int look_through(struct rsl_graph *g) {
    bool *passed = rsl_calloc(g->nodes.n, sizeof *passed);
    if (!passed) return RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        for (int k = MEAN; k <= VARIANCE && rsl_node_is(n, "BatchNormalization"); k++)
            n->in[k] = behind_identities(g, n->in[k], passed);
    }
    int rc = remove_unread(g, passed);
    rsl_free(passed);
    return rc;
}

/* ---- statistics that are something else as well ---- */

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
    RSL_TRY(look_through(g));
    return separate(g);
}
