/* A network that was saved for training, as it is evaluated: normalization by the running
 * statistics, dropout that keeps everything.
 *
 * Training frameworks can write a network that normalizes by the statistics of the batch (PyTorch:
 * TrainingMode.TRAINING). What such a file answers to one image depends on the other images beside
 * it, and no fault can be told from a change of batch; what was trained to be used is the network
 * with its running statistics. Nodes whose further outputs are used stay as they are: who reads the
 * new statistics means the training step itself. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/status.h"
#include "graph/model.h"
#include "graph/op.h"

/* Whether anything reads an output behind the first. */
static bool more_is_used(const struct rsl_node *n, const int *uses) {
    for (int i = 1; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT && uses[n->out[i]] > 0) return true;
    return false;
}

static void keep_first_output(struct rsl_graph *g, struct rsl_node *n) {
    for (int i = 1; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT) g->values.at[n->out[i]].producer = RSL_ABSENT;
    n->n_out = 1;
}

/* Opset 14 says it in an attribute, the versions before by the number of outputs. */
static bool normalizes_by_batch(const struct rsl_node *n) {
    return n->opset >= 14 ? rsl_node_int(n, "training_mode", 0) != 0 : n->n_out > 1;
}

/* Whether the value is known to be true: a constant, or what a Constant node gives. */
static bool is_true(const struct rsl_graph *g, int value) {
    const struct rsl_value *v = &g->values.at[value];
    const struct rsl_tensor *t = &v->tensor;
    if (v->producer != RSL_ABSENT) {
        const struct rsl_node *n = &g->nodes.at[v->producer];
        const struct rsl_attr *a = rsl_node_is(n, "Constant") ? rsl_node_attr(n, "value") : NULL;
        if (!a || a->type != RSL_ATTR_TENSOR) return false;
        t = a->t;
    }
    return t->data && rsl_tensor_count(t) == 1 && rsl_tensor_double(t, 0) != 0;
}

static bool drops(const struct rsl_graph *g, const struct rsl_node *n) {
    return n->opset >= 12 && n->n_in > 2 && n->in[2] != RSL_ABSENT && is_true(g, n->in[2]);
}

/* Returns 1 when the node was changed, 0 when not. */
static int settle(struct rsl_graph *g, int index, const int *uses) {
    struct rsl_node *n = &g->nodes.at[index];
    bool norm = rsl_node_is(n, "BatchNormalization") && normalizes_by_batch(n);
    bool dropout = rsl_node_is(n, "Dropout") && drops(g, n);
    if ((!norm && !dropout) || more_is_used(n, uses)) return 0;
    keep_first_output(g, n);
    if (dropout) n->n_in = 2;
    if (norm && n->opset >= 14) RSL_TRY(rsl_node_set_int(g, index, "training_mode", 0));
    return 1;
}

int rsl_inference_form(struct rsl_model *m) {
    struct rsl_graph *g = &m->graph;
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    bool changed = false;
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    for (size_t i = 0; i < g->nodes.n; i++) {
        int rc = settle(g, (int)i, uses);
        if (rc < 0) {
            rsl_free(uses);
            return rc;
        }
        changed = changed || rc > 0;
    }
    rsl_free(uses);
    if (changed)
        rsl_log(RSL_LOG_INFO,
                "the network was saved for training: where it is evaluated, it normalizes by its"
                " running statistics and drops nothing");
    return RSL_OK;
}
