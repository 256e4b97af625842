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
                {"QLinearConv", 246},
                {"QLinearMatMul", 246},
                {"QuantizeLinear", 6},
                {"Range", 7},
                {"Resize", 14},
                {"Tile", 2},
                {"Upsample", 2}},
  buffers[] = {{"BatchNormalization", 24}},
  weights[] = {{"Conv", 2},          {"ConvInteger", 2}, {"ConvTranspose", 2},
               {"FusedConv", 2},     {"Gemm", 3},        {"MatMul", 3},
               {"MatMulInteger", 3}, {"QLinearConv", 8}, {"QLinearMatMul", 8}},
  views[] = {{"Cast", 1},    {"CastLike", 1},  {"DequantizeLinear", 1},
             {"Flatten", 1}, {"Identity", 1},  {"Reshape", 1},
             {"Squeeze", 1}, {"Transpose", 1}, {"Unsqueeze", 1}};

#define SLOTS(list, op) slots_of(list, sizeof(list) / sizeof *(list), op)

static uint32_t slots_of(const struct slots *list, size_t n, const struct rsl_op *op) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].op, op->name) == 0) return list[i].inputs;
    return 0;
}

static bool has(uint32_t inputs, int i) {
    return i < 32 && inputs >> i & 1;
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
                v->tensor.shape.rank == 0)
                continue;
            if (!has(buffer, k))
                roles[n->in[k]] = RSL_ROLE_PARAMETER;
            else if (roles[n->in[k]] != RSL_ROLE_PARAMETER)
                roles[n->in[k]] = RSL_ROLE_BUFFER;
        }
    }
}

/* The constant behind value v, or RSL_ABSENT. The walk ends: producers come before. */
static int stored(const struct rsl_graph *g, int v) {
    while (v != RSL_ABSENT && g->values.at[v].kind == RSL_VALUE_COMPUTED) {
        int producer = g->values.at[v].producer;
        if (producer == RSL_ABSENT) return RSL_ABSENT;
        const struct rsl_node *n = &g->nodes.at[producer];
        v = SLOTS(views, n->op) && n->n_in > 0 ? n->in[0] : RSL_ABSENT;
    }
    return v != RSL_ABSENT && g->values.at[v].kind == RSL_VALUE_CONSTANT ? v : RSL_ABSENT;
}

int rsl_node_weight(const struct rsl_graph *g, const struct rsl_node *n) {
    uint32_t inputs = SLOTS(weights, n->op);
    for (int k = n->n_in - 1; k >= 0; k--) {
        int v = has(inputs, k) ? stored(g, n->in[k]) : RSL_ABSENT;
        if (v != RSL_ABSENT) return v;
    }
    return RSL_ABSENT;
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
