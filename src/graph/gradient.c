/* The backward walk; see gradient.h. */
#include "graph/gradient.h"

#include "base/alloc.h"
#include "base/status.h"

#include <string.h>

struct walk {
    struct rsl_graph *g;
    size_t values, nodes; /* of the forward graph; what follows is gradient */
    bool *varies;         /* per value: depends on something in `by` */
    int *gradient;        /* per value: what has come together so far, or RSL_ABSENT */
};

/* Forward: everything that a value of `by` reaches. */
static void mark_varying(struct walk *w, const int *by, size_t n) {
    for (size_t i = 0; i < n; i++) w->varies[by[i]] = true;
    for (size_t i = 0; i < w->nodes; i++) {
        const struct rsl_node *node = &w->g->nodes.at[i];
        bool any = false;
        for (int k = 0; k < node->n_in; k++)
            any = any || (node->in[k] != RSL_ABSENT && w->varies[node->in[k]]);
        for (int k = 0; k < node->n_out && any; k++)
            if (node->out[k] != RSL_ABSENT &&
                rsl_dtype_is_float((int)w->g->values.at[node->out[k]].tensor.dtype))
                w->varies[node->out[k]] = true;
    }
}

static int add(struct walk *w, int value, int dx) {
    int *sum = &w->gradient[value];
    if (dx == RSL_ABSENT) return RSL_OK;
    if (*sum == RSL_ABSENT) {
        *sum = dx;
        return RSL_OK;
    }
    int in[2] = {*sum, dx};
    *sum = rsl_graph_fresh(w->g, "grad_sum");
    if (*sum < 0) return *sum;
    int rc = rsl_graph_add_node(w->g, rsl_op_find("", "Add"), "", in, 2, sum, 1);
    return rc < 0 ? rc : RSL_OK;
}

/* d(sum of)/d(of): ones. */
static int seed(struct walk *w, int of) {
    struct rsl_tensor ones;
    const struct rsl_tensor *t = &w->g->values.at[of].tensor;
    if (!rsl_dtype_is_float((int)t->dtype))
        return rsl_fail(RSL_EGRAPH, "'%s' has no floating-point value to differentiate",
                        w->g->values.at[of].name);
    RSL_TRY(rsl_tensor_new(&ones, &w->g->arena, t->dtype, &t->shape));
    for (int64_t i = 0; i < rsl_tensor_count(&ones); i++) rsl_tensor_set_double(&ones, i, 1);
    int v = rsl_graph_fresh(w->g, "grad_seed");
    if (v < 0) return v;
    w->g->values.at[v].kind = RSL_VALUE_CONSTANT;
    w->g->values.at[v].tensor = ones;
    w->gradient[of] = v;
    return RSL_OK;
}

static int differentiate(struct walk *w, size_t index, int *dy, int *dx, bool *wanted) {
    struct rsl_backward b = {
        .graph = w->g, .node = w->g->nodes.at[index], .dy = dy, .dx = dx, .wanted = wanted};
    const struct rsl_node *n = &b.node;
    bool given = false, asked = false;
    for (int k = 0; k < n->n_out; k++) {
        dy[k] = n->out[k] == RSL_ABSENT ? RSL_ABSENT : w->gradient[n->out[k]];
        given = given || dy[k] != RSL_ABSENT;
    }
    for (int k = 0; k < n->n_in; k++) {
        dx[k] = RSL_ABSENT;
        wanted[k] = n->in[k] != RSL_ABSENT && w->varies[n->in[k]];
        asked = asked || wanted[k];
    }
    if (!given || !asked) return RSL_OK;
    if (!n->op->gradient)
        return rsl_fail(RSL_EUNSUPPORTED, "node '%s' (%s): there is no gradient of this operator",
                        n->name, n->op->name);
    int rc = n->op->gradient(&b);
    if (rc == RSL_OK) rc = b.status;
    for (int k = 0; k < n->n_in && rc == RSL_OK; k++)
        if (wanted[k]) rc = add(w, n->in[k], dx[k]);
    return rc < 0 ? rsl_fail_in(rc, "gradient of node '%s' (%s)", n->name, n->op->name) : RSL_OK;
}

static int most_arguments(const struct rsl_graph *g) {
    int most = 1;
    for (size_t i = 0; i < g->nodes.n; i++) {
        if (g->nodes.at[i].n_in > most) most = g->nodes.at[i].n_in;
        if (g->nodes.at[i].n_out > most) most = g->nodes.at[i].n_out;
    }
    return most;
}

static int walk_back(struct walk *w, int of, const int *by, size_t n) {
    size_t most = (size_t)most_arguments(w->g);
    w->varies = rsl_calloc(w->values, sizeof *w->varies);
    w->gradient = rsl_calloc(w->values, sizeof *w->gradient);
    int *arguments = rsl_calloc(2 * most, sizeof *arguments);
    bool *wanted = rsl_calloc(most, sizeof *wanted);
    int rc = w->varies && w->gradient && arguments && wanted ? RSL_OK : RSL_ENOMEM;
    for (size_t v = 0; v < w->values && rc == RSL_OK; v++) w->gradient[v] = RSL_ABSENT;
    if (rc == RSL_OK) mark_varying(w, by, n);
    if (rc == RSL_OK) rc = seed(w, of);
    for (size_t i = w->nodes; i-- > 0 && rc == RSL_OK;)
        rc = differentiate(w, i, arguments, arguments + most, wanted);
    rsl_free(arguments);
    rsl_free(wanted);
    return rc;
}

int rsl_graph_gradient(struct rsl_graph *g, int of, const int *by, size_t n, int *gradients) {
    struct walk w = {.g = g, .values = g->values.n, .nodes = g->nodes.n};
    int opset = g->opset; /* rules are written for one opset, whatever the model's */
    g->opset = RSL_OPSET;
    int rc = walk_back(&w, of, by, n);
    g->opset = opset;
    for (size_t i = 0; i < n && rc == RSL_OK; i++) gradients[i] = w.gradient[by[i]];
    rsl_free(w.varies);
    rsl_free(w.gradient);
    return rc;
}
