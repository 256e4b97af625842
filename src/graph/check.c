/* Checking a graph before anything else looks at it: every value that is read has a source, every
 * node a possible place in an order, every operator the number of inputs it admits. */
#include "graph/graph.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"

#include <string.h>

static int check_counts(const struct rsl_node *n) {
    const struct rsl_op *op = n->op;
    if (n->n_in < op->in_min || n->n_in > op->in_max)
        return rsl_fail(RSL_EGRAPH, "node '%s' (%s) has %d inputs, the operator takes %d to %d",
                        n->name, op->name, n->n_in, op->in_min, op->in_max);
    if (n->n_out < op->out_min || n->n_out > op->out_max)
        return rsl_fail(RSL_EGRAPH, "node '%s' (%s) has %d outputs, the operator gives %d to %d",
                        n->name, op->name, n->n_out, op->out_min, op->out_max);
    for (int i = 0; i < op->in_min && op->in_max != RSL_MANY; i++)
        if (n->in[i] == RSL_ABSENT)
            return rsl_fail(RSL_EGRAPH, "node '%s' (%s) lacks input %d", n->name, op->name, i);
    for (int i = 0; i < op->out_min && op->out_max != RSL_MANY; i++)
        if (n->out[i] == RSL_ABSENT)
            return rsl_fail(RSL_EGRAPH, "node '%s' (%s) lacks output %d", n->name, op->name, i);
    if ((op->since && n->opset < op->since) || (op->until && n->opset > op->until))
        return rsl_fail(RSL_EUNSUPPORTED, "node '%s': operator %s does not exist in opset %d",
                        n->name, op->name, n->opset);
    return RSL_OK;
}

static int check_sources(const struct rsl_graph *g) {
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        RSL_TRY(check_counts(n));
        for (int k = 0; k < n->n_in; k++) {
            if (n->in[k] == RSL_ABSENT) continue;
            const struct rsl_value *v = &g->values.at[n->in[k]];
            if (v->kind == RSL_VALUE_COMPUTED && v->producer == RSL_ABSENT)
                return rsl_fail(RSL_EGRAPH, "node '%s' (%s) reads '%s', which nothing produces",
                                n->name, n->op->name, v->name);
        }
    }
    for (size_t i = 0; i < g->outputs.n; i++) {
        const struct rsl_value *v = &g->values.at[g->outputs.at[i]];
        if (v->kind == RSL_VALUE_COMPUTED && v->producer == RSL_ABSENT)
            return rsl_fail(RSL_EGRAPH, "graph output '%s' is produced by no node", v->name);
    }
    return g->outputs.n ? RSL_OK : rsl_fail(RSL_EGRAPH, "the graph has no output");
}

/* Depth first in file order, producers before consumers; a graph in order, the usual case, stays as
 * it is. `state` per node: 0 new, 1 on the stack, 2 placed. Returns the number placed, or less than
 * nodes.n with *culprit set to a node on a cycle. Linear in nodes and edges. */
static size_t sort(const struct rsl_graph *g, int *order, int *stack, int *next_input,
                   unsigned char *state, int *culprit) {
    size_t n = 0;
    for (size_t root = 0; root < g->nodes.n; root++) {
        if (state[root]) continue;
        size_t depth = 0;
        stack[depth++] = (int)root;
        state[root] = 1;
        while (depth) {
            int i = stack[depth - 1];
            const struct rsl_node *node = &g->nodes.at[i];
            int before = RSL_ABSENT; /* a producer that must be placed first */
            while (next_input[i] < node->n_in && before == RSL_ABSENT) {
                int value = node->in[next_input[i]++];
                int producer = value == RSL_ABSENT ? RSL_ABSENT : g->values.at[value].producer;
                if (producer != RSL_ABSENT && state[producer] != 2) before = producer;
            }
            if (before == RSL_ABSENT) {
                state[i] = 2;
                order[n++] = i;
                depth--;
            } else if (state[before] == 1) {
                *culprit = before;
                return n;
            } else {
                state[before] = 1;
                stack[depth++] = before;
            }
        }
    }
    return n;
}

static int reorder(struct rsl_graph *g, const int *order) {
    struct rsl_node *sorted = rsl_calloc(g->nodes.n, sizeof *sorted);
    if (!sorted) return RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n; i++) sorted[i] = g->nodes.at[order[i]];
    if (g->nodes.n) memcpy(g->nodes.at, sorted, g->nodes.n * sizeof *sorted);
    rsl_free(sorted);
    for (size_t i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i].n_out; k++)
            if (g->nodes.at[i].out[k] != RSL_ABSENT)
                g->values.at[g->nodes.at[i].out[k]].producer = (int)i;
    return RSL_OK;
}

int rsl_graph_check(struct rsl_graph *g) {
    RSL_TRY(check_sources(g));
    size_t n = g->nodes.n;
    int *order = rsl_calloc(3 * n, sizeof *order);
    unsigned char *state = rsl_calloc(n, 1);
    int rc = order && state ? RSL_OK : RSL_ENOMEM;
    int culprit = 0;
    if (rc == RSL_OK && sort(g, order, order + n, order + 2 * n, state, &culprit) < n)
        rc = rsl_fail(RSL_EGRAPH, "the graph has a cycle through node '%s' (%s)",
                      g->nodes.at[culprit].name, g->nodes.at[culprit].op->name);
    if (rc == RSL_OK) rc = reorder(g, order);
    rsl_free(order);
    rsl_free(state);
    return rc;
}
