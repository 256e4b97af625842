/* Constant nodes become constants of the graph, as initializers are: some exporters write every
 * weight so, and what looks for weights looks among constants. */
#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "io/onnx_reader.h"

static int run(struct rsl_call *c, struct rsl_tensor *t, struct rsl_arena *arena) {
    RSL_TRY(c->node->op->infer(c));
    struct rsl_shape shape = t->shape;
    RSL_TRY(rsl_tensor_new(t, arena, t->dtype, &shape));
    return c->node->op->forward(c);
}

/* The node's value: a tensor attribute stays where the message has it, numbers are copied. */
static int value_of(const struct rsl_node *n, struct rsl_tensor *t, struct rsl_arena *arena) {
    const struct rsl_attr *a = rsl_node_attr(n, "value");
    if (a && a->type == RSL_ATTR_TENSOR) {
        *t = *a->t;
        return RSL_OK;
    }
    *t = (struct rsl_tensor){0};
    struct rsl_call call = {.node = n, .opset = n->opset, .n_out = 1, .out = &t};
    int rc = run(&call, t, arena);
    return rc < 0 ? rsl_fail_in(rc, "node '%s' (%s)", n->name, n->op->name) : RSL_OK;
}

int rsl_onnx_settle_constants(struct rsl_onnx_reader *r) {
    struct rsl_graph *g = r->graph;
    const struct rsl_op *constant = rsl_op_find("", "Constant");
    bool *settled = rsl_calloc(g->nodes.n + 1, sizeof *settled);
    int rc = settled ? RSL_OK : RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n && rc == RSL_OK; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        if (n->op != constant) continue;
        struct rsl_value *v = &g->values.at[n->out[0]];
        rc = value_of(n, &v->tensor, r->arena);
        v->kind = RSL_VALUE_CONSTANT;
        settled[i] = true;
    }
    if (rc == RSL_OK) rc = rsl_graph_remove(g, settled);
    rsl_free(settled);
    return rc;
}
