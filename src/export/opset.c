/* See opset.h. Between opsets 7 and 18 most operators only took more types or got options whose
 * defaults are what was; the table has the others. Facts: ONNX's Changelog.md. */
#include "export/opset.h"

#include "base/status.h"
#include "graph/op.h"

#include <string.h>

enum { LAST = 18 };

/* An operator whose nodes from opset `since` on mean the same in opset 18, but that attribute
 * `list` became input 1 in opset `input`. */
static const struct change {
    const char *op;
    int since;
    const char *list;
    int input;
} changes[] = {
    {"BatchNormalization", 9, NULL, 0},
    {"Clip", 11, NULL, 0},
    {"GroupNormalization", 18, NULL, 0},
    {"Hardmax", 13, NULL, 0},
    {"LogSoftmax", 7, NULL, 0},
    {"Pad", 11, NULL, 0},
    {"ReduceL1", 7, "axes", 18},
    {"ReduceL2", 7, "axes", 18},
    {"ReduceLogSum", 7, "axes", 18},
    {"ReduceLogSumExp", 7, "axes", 18},
    {"ReduceMax", 7, "axes", 18},
    {"ReduceMean", 7, "axes", 18},
    {"ReduceMin", 7, "axes", 18},
    {"ReduceProd", 7, "axes", 18},
    {"ReduceSum", 7, "axes", 13},
    {"ReduceSumSquare", 7, "axes", 18},
    {"Resize", 11, NULL, 0},
    {"Slice", 10, NULL, 0},
    {"Softmax", 7, NULL, 0},
    {"Split", 7, "split", 13},
    {"Squeeze", 7, "axes", 13},
    {"TopK", 10, NULL, 0},
    {"Unsqueeze", 7, "axes", 13},
};

static const struct change *change_of(const struct rsl_op *op) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (strcmp(changes[i].op, op->name) == 0) return &changes[i];
    return NULL;
}

static void drop_attribute(struct rsl_node *n, const char *name) {
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0) n->attrs[i--] = n->attrs[--n->n_attrs];
}

static int list_to_input(struct rsl_graph *g, int index, const char *name) {
    size_t count;
    const int64_t *list = rsl_node_ints(&g->nodes.at[index], name, &count);
    if (!list) return RSL_OK;
    int64_t dims = (int64_t)count;
    struct rsl_tensor t = {
        .dtype = RSL_i64,
        .shape = rsl_shape_of(1, &dims),
        .data = rsl_arena_memdup(&g->arena, list, count * sizeof *list),
    };
    int v = t.data ? rsl_graph_fresh(g, name) : RSL_ENOMEM;
    RSL_TRY(v);
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = t;
    struct rsl_node *n = &g->nodes.at[index];
    int in[2] = {n->in[0], v};
    n->in = rsl_arena_memdup(&g->arena, in, sizeof in);
    if (!n->in) return RSL_ENOMEM;
    n->n_in = 2;
    drop_attribute(n, name);
    return RSL_OK;
}

/* Before opset 13 `axis` and all axes behind it were one, and 1 was the default. The same where it
 * is the last, which takes a rank to know. */
static int raise_softmax(struct rsl_graph *g, const struct rsl_graph *shapes, int index) {
    const struct rsl_node *n = &g->nodes.at[index];
    int rank = shapes->values.at[n->in[0]].tensor.shape.rank;
    int64_t axis = rsl_node_int(n, "axis", 1);
    if (axis != rank - 1 && axis != -1)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "node '%s' (%s) of opset %d normalizes over several axes at once", n->name,
                        n->op->name, n->opset);
    return rsl_node_set_int(g, index, "axis", -1);
}

static int refuse(const struct rsl_node *n) {
    return rsl_fail(RSL_EUNSUPPORTED,
                    "node '%s' (%s) has the form of opset %d, which opset %d does not know: export "
                    "the network with opset 13 or later",
                    n->name, n->op->name, n->opset, LAST);
}

static int raise_node(struct rsl_graph *g, const struct rsl_graph *shapes, int index) {
    struct rsl_node *n = &g->nodes.at[index];
    const struct change *c = change_of(n->op);
    if (n->op->domain[0] || n->opset >= LAST) return RSL_OK;
    if ((c && n->opset < c->since) || (n->op->until && n->op->until < LAST)) return refuse(n);
    if (c && c->list && n->opset < c->input) RSL_TRY(list_to_input(g, index, c->list));
    n = &g->nodes.at[index];
    if (rsl_node_is(n, "BatchNormalization") && n->opset < 14 && n->n_out > 1) return refuse(n);
    if (rsl_node_is(n, "Dropout") && n->opset < 12) drop_attribute(n, "ratio"); /* inference only */
    if (rsl_node_is(n, "Split") && n->n_in < 2)
        RSL_TRY(rsl_node_set_int(g, index, "num_outputs", n->n_out));
    bool softmax = rsl_node_is(n, "Softmax") || rsl_node_is(n, "LogSoftmax");
    if (softmax && n->opset < 13) RSL_TRY(raise_softmax(g, shapes, index));
    g->nodes.at[index].opset = LAST;
    return RSL_OK;
}

static bool needs_ranks(const struct rsl_graph *g) {
    for (size_t i = 0; i < g->nodes.n; i++)
        if (strstr(g->nodes.at[i].op->name, "oftmax") && g->nodes.at[i].opset < 13) return true;
    return false;
}

int rsl_graph_raise(struct rsl_graph *g) {
    struct rsl_graph shapes;
    RSL_TRY(rsl_graph_copy(&shapes, g));
    rsl_graph_set_batch(&shapes, 1);
    int rc = needs_ranks(g) ? rsl_graph_infer(&shapes, 0) : RSL_OK;
    for (size_t i = 0; i < g->nodes.n && rc == RSL_OK; i++) rc = raise_node(g, &shapes, (int)i);
    rsl_graph_free(&shapes);
    if (rc == RSL_OK && g->opset < LAST) g->opset = LAST;
    return rc;
}
