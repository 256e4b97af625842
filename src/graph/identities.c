/* See identities.h. */
#include "graph/identities.h"

#include "base/alloc.h"
#include "base/status.h"

/* The constant behind Identity nodes, which are marked, or `value` itself. The walk ends: producers
 * come before. */
static int behind(const struct rsl_graph *g, int value, bool *passed) {
    int v = value;
    for (;;) {
        int producer = g->values.at[v].producer;
        if (producer == RSL_ABSENT || !rsl_node_is(&g->nodes.at[producer], "Identity")) break;
        v = g->nodes.at[producer].in[0];
    }
    if (g->values.at[v].kind != RSL_VALUE_CONSTANT) return value;
    for (int at = value; at != v; at = g->nodes.at[g->values.at[at].producer].in[0])
        passed[g->values.at[at].producer] = true;
    return v;
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

int rsl_graph_drop_identities(struct rsl_graph *g) {
    bool *passed = rsl_calloc(g->nodes.n, sizeof *passed);
    if (!passed) return RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] != RSL_ABSENT) n->in[k] = behind(g, n->in[k], passed);
    }
    int rc = remove_unread(g, passed);
    rsl_free(passed);
    return rc;
}
