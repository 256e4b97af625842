/* Shape inference with the values that are known: one pass in topological order.
 *
 * A node all of whose inputs are known is run at once with its reference kernel, so that shapes
 * that ONNX exporters compute with nodes (Shape, Gather, Concat, Reshape) come out as numbers. */
#include "graph/graph.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"

int rsl_need_value(const struct rsl_call *c, int i) {
    if (i >= c->n_in || !c->in[i] || c->in[i]->data || rsl_tensor_count(c->in[i]) == 0)
        return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED,
                    "input %d decides a shape but is computed from the data; it must be constant",
                    i);
}

struct work {
    struct rsl_graph *g;
    const struct rsl_tensor **in;
    struct rsl_tensor **out;
    bool *wanted; /* per value: some shape depends on its data */
    int64_t fold_limit;
};

static int name_failure(const struct rsl_node *n, int rc) {
    return rsl_fail_in(rc, "node '%s' (%s)", n->name, n->op->name);
}

/* Marks, from the last node to the first, the values whose data decide a shape. An operator that
 * looks at data needs all its inputs to give a known output. */
static void mark_wanted(struct work *w) {
    for (size_t i = w->g->nodes.n; i-- > 0;) {
        const struct rsl_node *n = &w->g->nodes.at[i];
        bool output_wanted = false;
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT && w->wanted[n->out[k]]) output_wanted = true;
        if (n->op->shape_only) continue;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] != RSL_ABSENT &&
                (output_wanted || (k < 32 && n->op->value_inputs >> k & 1)))
                w->wanted[n->in[k]] = true;
    }
}

static bool all_known(const struct rsl_call *c) {
    if (c->node->op->shape_only) return true;
    for (int k = 0; k < c->n_in; k++)
        if (c->in[k] && !c->in[k]->data && rsl_tensor_count(c->in[k]) > 0) return false;
    return true;
}

static bool worth_folding(const struct work *w, const struct rsl_node *n) {
    for (int k = 0; k < n->n_out; k++) {
        if (n->out[k] == RSL_ABSENT || w->wanted[n->out[k]]) continue;
        if (rsl_tensor_count(&w->g->values.at[n->out[k]].tensor) > w->fold_limit) return false;
    }
    return true;
}

/* Runs the reference kernel now; the results stay in the graph's arena. */
static int fold(struct work *w, struct rsl_call *c) {
    const struct rsl_node *n = c->node;
    for (int k = 0; k < n->n_out; k++) {
        if (n->out[k] == RSL_ABSENT) continue;
        struct rsl_tensor *t = &w->g->values.at[n->out[k]].tensor;
        t->data = rsl_arena_alloc(&w->g->arena, rsl_tensor_bytes(t));
        if (!t->data) return RSL_ENOMEM;
    }
    c->scratch = c->scratch_size ? rsl_malloc(c->scratch_size) : NULL;
    if (c->scratch_size && !c->scratch) return RSL_ENOMEM;
    int rc = n->op->forward(c);
    rsl_free(c->scratch);
    c->scratch = NULL;
    return rc;
}

static int infer_node(struct work *w, const struct rsl_node *n) {
    struct rsl_call c = {.node = n,
                         .opset = n->opset,
                         .n_in = n->n_in,
                         .n_out = n->n_out,
                         .in = w->in,
                         .out = w->out};
    for (int k = 0; k < n->n_in; k++)
        w->in[k] = n->in[k] == RSL_ABSENT ? NULL : &w->g->values.at[n->in[k]].tensor;
    for (int k = 0; k < n->n_out; k++)
        w->out[k] = n->out[k] == RSL_ABSENT ? NULL : &w->g->values.at[n->out[k]].tensor;
    for (int k = 0; k < n->n_in && k < 32; k++)
        if (n->op->value_inputs >> k & 1) RSL_TRY(rsl_need_value(&c, k));
    RSL_TRY(n->op->infer(&c));
    for (int k = 0; k < n->n_out; k++)
        if (w->out[k] && w->out[k]->dtype == RSL_NO_DTYPE)
            return rsl_fail(RSL_EUNSUPPORTED, "output %d is not offered here", k);
    if (!n->op->unfolded && all_known(&c) && worth_folding(w, n)) RSL_TRY(fold(w, &c));
    return RSL_OK;
}

static int infer_all(struct work *w) {
    struct rsl_graph *g = w->g;
    for (size_t i = 0; i < g->inputs.n; i++) {
        const struct rsl_value *v = &g->values.at[g->inputs.at[i]];
        for (int d = 0; d < v->tensor.shape.rank; d++)
            if (v->tensor.shape.dim[d] < 0) {
                char text[RSL_SHAPE_TEXT];
                return rsl_fail(RSL_ESHAPE, "input '%s' has the open shape %s: state its sizes",
                                v->name, rsl_shape_text(&v->tensor.shape, text));
            }
        int rc = rsl_shape_check(&v->tensor.shape);
        if (rc < 0) return rsl_fail_in(rc, "input '%s'", v->name);
    }
    mark_wanted(w);
    for (size_t i = 0; i < g->nodes.n; i++) {
        int rc = infer_node(w, &g->nodes.at[i]);
        if (rc < 0) return name_failure(&g->nodes.at[i], rc);
    }
    return RSL_OK;
}

static int64_t elements_out(const struct rsl_graph *g, const struct rsl_node *n) {
    int64_t count = 0;
    for (int k = 0; k < n->n_out; k++)
        if (n->out[k] != RSL_ABSENT) count += rsl_tensor_count(&g->values.at[n->out[k]].tensor);
    return count;
}

/* The marked nodes only; no result is wanted more than another. */
static int compute_marked(struct work *w, const bool *marked) {
    for (size_t i = 0; i < w->g->nodes.n; i++) {
        const struct rsl_node *n = &w->g->nodes.at[i];
        if (!marked[i]) continue;
        int rc = infer_node(w, n);
        if (rc < 0) return name_failure(n, rc);
        w->fold_limit -= elements_out(w->g, n);
        if (w->fold_limit < 0) return rsl_fail(RSL_ESHAPE, "the constants compute too much");
    }
    return RSL_OK;
}

static int with_room(struct rsl_graph *g, int64_t fold_limit, const bool *marked) {
    int most_in = 1, most_out = 1;
    for (size_t i = 0; i < g->nodes.n; i++) {
        if (g->nodes.at[i].n_in > most_in) most_in = g->nodes.at[i].n_in;
        if (g->nodes.at[i].n_out > most_out) most_out = g->nodes.at[i].n_out;
    }
    struct work w = {
        .g = g,
        .in = rsl_calloc((size_t)most_in, sizeof *w.in),
        .out = rsl_calloc((size_t)most_out, sizeof *w.out),
        .wanted = rsl_calloc(g->values.n, sizeof *w.wanted),
        .fold_limit = fold_limit,
    };
    int rc = RSL_ENOMEM;
    if (w.in && w.out && w.wanted) rc = marked ? compute_marked(&w, marked) : infer_all(&w);
    rsl_free((void *)w.in);
    rsl_free(w.out);
    rsl_free(w.wanted);
    return rc;
}

int rsl_graph_infer(struct rsl_graph *g, int64_t fold_limit) {
    for (size_t i = 0; i < g->values.n; i++)
        if (g->values.at[i].kind == RSL_VALUE_COMPUTED)
            g->values.at[i].tensor = (struct rsl_tensor){0};
    return with_room(g, fold_limit, NULL);
}

int rsl_graph_compute(struct rsl_graph *g, const bool *marked, int64_t most) {
    return with_room(g, most, marked);
}
