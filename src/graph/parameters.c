/* See parameters.h. ONNX does not say which initializers were trained, so the role follows from
 * where a constant goes: the few inputs that hold settings are listed, everything else floating
 * point is a parameter. */
#include "graph/parameters.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"

#include <string.h>

/* Bit i of `inputs`: input i. */
static const struct slots {
    const char *op;
    uint32_t inputs;
} settings[] = {{"Clip", 6},
                {"DequantizeLinear", 6},
                {"Dropout", 6},
                {"OneHot", 6},
                {"Pad", 6},
                {"Pow", 2},
                {"QLinearConv", 246},
                {"QLinearMatMul", 246},
                {"QuantizeLinear", 6},
                {"Range", 7},
                {"Resize", 14},
                {"Tile", 2},
                {"Upsample", 2}},
  numbers[] = {{"Add", 3},   {"Sub", 3},   {"Mul", 3},   {"Div", 3},  {"Pow", 1},
               {"Max", ~0U}, {"Min", ~0U}, {"Sum", ~0U}, {"Where", 6}},
  buffers[] = {{"BatchNormalization", 24}},
  weights[] = {{"Conv", 2},          {"ConvInteger", 2}, {"ConvTranspose", 2},
               {"FusedConv", 2},     {"Gemm", 3},        {"MatMul", 3},
               {"MatMulInteger", 3}, {"QLinearConv", 8}, {"QLinearMatMul", 8}},
  views[] = {{"Cast", 1},    {"CastLike", 1},  {"DequantizeLinear", 1},
             {"Flatten", 1}, {"Identity", 1},  {"Reshape", 1},
             {"Squeeze", 1}, {"Transpose", 1}, {"Unsqueeze", 1}},
  reshapes[] = {{"Flatten", 1}, {"Reshape", 1}, {"Squeeze", 1}, {"Unsqueeze", 1}};

#define SLOTS(list, op) slots_of(list, sizeof(list) / sizeof *(list), op)

static uint32_t slots_of(const struct slots *list, size_t n, const struct rsl_op *op) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].op, op->name) == 0) return list[i].inputs;
    return 0;
}

static bool has(uint32_t inputs, int i) {
    return i < 32 && inputs >> i & 1;
}

/* Whether input k of the node, a constant, is one number: the epsilon of a normalization, the mean
 * of all pixels, a temperature. Layers may have parameters of one element. */
static bool is_number(const struct rsl_node *n, int k, const struct rsl_tensor *t) {
    return t->shape.rank == 0 || (has(SLOTS(numbers, n->op), k) && rsl_tensor_count(t) == 1);
}

void rsl_graph_roles(const struct rsl_graph *g, enum rsl_constant_role *roles) {
    for (size_t i = 0; i < g->values.n; i++) roles[i] = RSL_ROLE_SETTING;
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        uint32_t setting = SLOTS(settings, n->op), buffer = SLOTS(buffers, n->op);
        for (int k = 0; k < n->n_in; k++) {
            if (n->in[k] == RSL_ABSENT || has(setting, k)) continue;
            const struct rsl_value *v = &g->values.at[n->in[k]];
            if (v->kind != RSL_VALUE_CONSTANT || !rsl_dtype_is_float((int)v->tensor.dtype) ||
                is_number(n, k, &v->tensor))
                continue;
            if (!has(buffer, k))
                roles[n->in[k]] = RSL_ROLE_PARAMETER;
            else if (roles[n->in[k]] != RSL_ROLE_PARAMETER)
                roles[n->in[k]] = RSL_ROLE_BUFFER;
        }
    }
}

/* What value v is a view of: the first value behind it that no view computes, or RSL_ABSENT. The
 * walk ends: producers come before. */
static int behind_views(const struct rsl_graph *g, int v) {
    while (v != RSL_ABSENT && g->values.at[v].producer != RSL_ABSENT) {
        const struct rsl_node *n = &g->nodes.at[g->values.at[v].producer];
        if (!SLOTS(views, n->op) || n->n_in == 0) break;
        v = n->in[0];
    }
    return v;
}

/* The constant behind value v, or RSL_ABSENT. */
static int stored(const struct rsl_graph *g, int v) {
    v = behind_views(g, v);
    return v != RSL_ABSENT && g->values.at[v].kind == RSL_VALUE_CONSTANT ? v : RSL_ABSENT;
}

/* The input of n that its weight comes through, or RSL_ABSENT. */
static int weight_input(const struct rsl_graph *g, const struct rsl_node *n) {
    uint32_t inputs = SLOTS(weights, n->op);
    for (int k = n->n_in - 1; k >= 0; k--)
        if (has(inputs, k) && stored(g, n->in[k]) != RSL_ABSENT) return k;
    return RSL_ABSENT;
}

int rsl_node_weight(const struct rsl_graph *g, const struct rsl_node *n) {
    int k = weight_input(g, n);
    return k == RSL_ABSENT ? RSL_ABSENT : stored(g, n->in[k]);
}

int rsl_node_computed_weight(const struct rsl_graph *g, const struct rsl_node *n,
                             const bool *fixed) {
    uint32_t inputs = SLOTS(weights, n->op);
    if (weight_input(g, n) != RSL_ABSENT) return RSL_ABSENT;
    for (int k = n->n_in - 1; k >= 0; k--) {
        int v = has(inputs, k) ? behind_views(g, n->in[k]) : RSL_ABSENT;
        if (v != RSL_ABSENT && fixed[v]) return v;
    }
    return RSL_ABSENT;
}

void rsl_graph_fixed(const struct rsl_graph *g, bool *fixed) {
    for (size_t v = 0; v < g->values.n; v++) fixed[v] = g->values.at[v].kind == RSL_VALUE_CONSTANT;
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        bool all = !n->op->unfolded;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] != RSL_ABSENT && !fixed[n->in[k]]) all = false;
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT) fixed[n->out[k]] = all;
    }
}

/* The axis as the node sees its input k. A linear layer's features are the columns of its second
 * matrix, or the rows of its first. */
static int output_axis(const struct rsl_node *n, int k, int rank) {
    if (rsl_node_is(n, "ConvTranspose")) return 1;
    if (strstr(n->op->name, "Conv")) return 0;
    bool transposed = rsl_node_int(n, k == 0 ? "transA" : "transB", 0) != 0;
    return rank < 2 ? 0 : rank - ((k == 0) != transposed ? 2 : 1);
}

static int through_transpose(const struct rsl_node *n, int axis, int rank) {
    size_t count;
    const int64_t *perm = rsl_node_ints(n, "perm", &count);
    if (!perm) return rank - 1 - axis;
    return (size_t)axis < count ? (int)perm[axis] : 0;
}

int rsl_node_weight_axis(const struct rsl_graph *g, const struct rsl_node *n) {
    int k = weight_input(g, n), v = n->in[k], weight = rsl_node_weight(g, n);
    int rank = g->values.at[weight].tensor.shape.rank, axis = output_axis(n, k, rank);
    while (v != weight) {
        const struct rsl_node *view = &g->nodes.at[g->values.at[v].producer];
        if (SLOTS(reshapes, view->op)) return 0; /* the axes are others */
        if (rsl_node_is(view, "Transpose")) axis = through_transpose(view, axis, rank);
        v = view->in[0];
    }
    return axis >= 0 && axis < rank ? axis : 0;
}

int rsl_graph_weights(const struct rsl_graph *g, int *values, int *nodes) {
    bool *seen = rsl_calloc(g->values.n, sizeof *seen);
    if (!seen) return RSL_ENOMEM;
    int n = 0;
    for (size_t i = 0; i < g->nodes.n; i++) {
        int v = rsl_node_weight(g, &g->nodes.at[i]);
        if (v == RSL_ABSENT || seen[v]) continue;
        seen[v] = true;
        values[n] = v;
        nodes[n++] = (int)i;
    }
    rsl_free(seen);
    return n;
}

int rsl_graph_require_weights(const struct rsl_graph *g, int n_weights) {
    bool *fixed = rsl_calloc(g->values.n, sizeof *fixed);
    if (!fixed) return RSL_ENOMEM;
    rsl_graph_fixed(g, fixed);
    int rc = RSL_OK;
    for (size_t i = 0; i < g->nodes.n && rc == RSL_OK; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        int v = rsl_node_computed_weight(g, n, fixed);
        if (v != RSL_ABSENT)
            rc = rsl_fail(RSL_EUNSUPPORTED,
                          "node '%s' (%s): its weight '%s' is computed from constants and stored "
                          "nowhere",
                          n->name, n->op->name, g->values.at[v].name);
    }
    rsl_free(fixed);
    if (rc == RSL_OK && n_weights == 0)
        rc = rsl_fail(RSL_EGRAPH, "the network has no weights: no convolution, no linear layer");
    return rc;
}

int64_t rsl_graph_parameters(const struct rsl_graph *g) {
    enum rsl_constant_role *roles = rsl_calloc(g->values.n, sizeof *roles);
    if (!roles) return RSL_ENOMEM;
    rsl_graph_roles(g, roles);
    int64_t count = 0;
    for (size_t i = 0; i < g->values.n; i++)
        if (roles[i] == RSL_ROLE_PARAMETER) count += rsl_tensor_count(&g->values.at[i].tensor);
    rsl_free(roles);
    return count;
}
