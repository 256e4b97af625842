/* See loss.h. */
#include "train/loss.h"

#include "base/status.h"
#include "graph/op.h"

/* One node with one fresh output. */
static int append(struct rsl_graph *g, const char *op, int n, const int *in) {
    for (int i = 0; i < n; i++)
        if (in[i] < 0) return in[i];
    int out = rsl_graph_fresh(g, "loss");
    if (out < 0) return out;
    int opset = g->opset;
    g->opset = RSL_OPSET;
    int node = rsl_graph_add_node(g, rsl_op_find("", op), "", in, n, &out, 1);
    g->opset = opset;
    return node < 0 ? node : out;
}

static int append1(struct rsl_graph *g, const char *op, int a) {
    return append(g, op, 1, &a);
}

static int append2(struct rsl_graph *g, const char *op, int a, int b) {
    return append(g, op, 2, (const int[]){a, b});
}

static int attribute(struct rsl_graph *g, int value, const char *name, int64_t number) {
    if (value < 0) return value;
    int rc = rsl_node_set_int(g, g->values.at[value].producer, name, number);
    return rc < 0 ? rc : value;
}

static int scaled(struct rsl_graph *g, int a, float weight) {
    struct rsl_tensor t;
    struct rsl_shape scalar = {0};
    if (weight == 1 || a < 0) return a;
    RSL_TRY(rsl_tensor_new(&t, &g->arena, RSL_f32, &scalar));
    *(float *)t.data = weight;
    int v = rsl_graph_fresh(g, "loss_weight");
    if (v < 0) return v;
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = t;
    return append2(g, "Mul", a, v);
}

/* All elements to a scalar. */
static int reduced(struct rsl_graph *g, const char *op, int a) {
    return attribute(g, append1(g, op, a), "keepdims", 0);
}

int rsl_loss_sum(struct rsl_graph *g, int a, float wa, int b, float wb) {
    return append2(g, "Add", scaled(g, a, wa), scaled(g, b, wb));
}

int rsl_loss_cross_entropy(struct rsl_graph *g, int logits, int labels, float smoothing) {
    if (!(smoothing >= 0 && smoothing < 1))
        return rsl_fail(RSL_EARG, "label smoothing of %g: it must be in [0,1)", (double)smoothing);
    int out[2] = {rsl_graph_fresh(g, "loss"), rsl_graph_fresh(g, "log_probability")};
    const int in[2] = {logits, labels};
    for (int i = 0; i < 2; i++) {
        if (in[i] < 0) return in[i];
        if (out[i] < 0) return out[i];
    }
    const struct rsl_op *op = rsl_op_find("", "SoftmaxCrossEntropyLoss");
    int opset = g->opset;
    g->opset = RSL_OPSET;
    int node = rsl_graph_add_node(g, op, "", in, 2, out, 2);
    g->opset = opset;
    if (node < 0) return node;
    if (smoothing == 0) return out[0];
    return rsl_loss_sum(g, out[0], 1 - smoothing, reduced(g, "ReduceMean", out[1]), -smoothing);
}

int rsl_loss_mean_square(struct rsl_graph *g, int a, int b) {
    int difference = append2(g, "Sub", a, b);
    return reduced(g, "ReduceMean", append2(g, "Mul", difference, difference));
}

int rsl_loss_penalty(struct rsl_graph *g, int value, enum rsl_penalty penalty) {
    int each =
        penalty == RSL_PENALTY_L1 ? append1(g, "Abs", value) : append2(g, "Mul", value, value);
    return reduced(g, penalty == RSL_PENALTY_MEAN_SQUARE ? "ReduceMean" : "ReduceSum", each);
}
