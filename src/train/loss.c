/* See loss.h. */
#define _GNU_SOURCE
#include "train/loss.h"

#include "base/number.h"
#include "base/status.h"
#include "graph/op.h"

#include <math.h>
#include <string.h>

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

/* A constant tensor of the given type holding `n` numbers. */
static int numbers(struct rsl_graph *g, enum rsl_dtype dtype, int rank, int64_t n,
                   const double *values) {
    struct rsl_tensor t;
    struct rsl_shape shape = rsl_shape_of(rank, &n);
    RSL_TRY(rsl_tensor_new(&t, &g->arena, dtype, &shape));
    for (int64_t i = 0; i < n; i++) rsl_tensor_set_double(&t, i, values[i]);
    int v = rsl_graph_fresh(g, "loss_constant");
    if (v < 0) return v;
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = t;
    return v;
}

static int scaled(struct rsl_graph *g, int a, float weight) {
    const double number = (double)weight;
    return weight == 1 || a < 0 ? a : append2(g, "Mul", a, numbers(g, RSL_f32, 0, 1, &number));
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

int rsl_loss_mean_square_labels(struct rsl_graph *g, int logits, int labels, int64_t classes) {
    const double depth = (double)classes, off_on[2] = {0, 1};
    const int in[3] = {labels, numbers(g, RSL_i64, 0, 1, &depth),
                       numbers(g, RSL_f32, 1, 2, off_on)};
    return rsl_loss_mean_square(g, logits, append(g, "OneHot", 3, in));
}

int rsl_loss_penalty(struct rsl_graph *g, int value, enum rsl_penalty penalty) {
    int each =
        penalty == RSL_PENALTY_L1 ? append1(g, "Abs", value) : append2(g, "Mul", value, value);
    return reduced(g, penalty == RSL_PENALTY_MEAN_SQUARE ? "ReduceMean" : "ReduceSum", each);
}

/* ---- penalties from a text ---- */

/* "NAME:KIND:WEIGHT", cut into its parts in place. */
static int read_penalty(char *text, enum rsl_penalty *kind, float *weight) {
    static const char *const kinds[] = {[RSL_PENALTY_L1] = "l1",
                                        [RSL_PENALTY_L2] = "l2",
                                        [RSL_PENALTY_MEAN_SQUARE] = "mean-square"};
    char *number = strrchr(text, ':'), *word = NULL, *end;
    for (char *c = text; number && c < number; c++)
        if (*c == ':') word = c;
    if (!word) return rsl_fail(RSL_EARG, "penalty '%s' is not NAME:KIND:WEIGHT", text);
    *number++ = *word++ = 0;
    double value = rsl_parse_double(number, &end);
    if (end == number || *end || !isfinite(value))
        return rsl_fail(RSL_EARG, "penalty of '%s': weight '%s' is no number", text, number);
    *weight = (float)value;
    for (int i = 0; i < 3; i++)
        if (strcmp(kinds[i], word) == 0) {
            *kind = (enum rsl_penalty)i;
            return RSL_OK;
        }
    return rsl_fail(RSL_EARG, "penalty of '%s': '%s' is none of l1, l2, mean-square", text, word);
}

/* The values that a penalty may be of. */
struct field {
    const int *parameters;
    size_t n_parameters;
    size_t values; /* those that were there before any penalty was added */
};

static bool is_parameter(const struct field *f, size_t value) {
    for (size_t i = 0; i < f->n_parameters; i++)
        if (f->parameters[i] == (int)value) return true;
    return false;
}

static bool selects(const char *pattern, const char *name, bool parameter) {
    size_t n = strlen(pattern);
    return n && pattern[n - 1] == '*' ? parameter && strncmp(pattern, name, n - 1) == 0
                                      : strcmp(pattern, name) == 0;
}

static int add_penalty(struct rsl_graph *g, int loss, const struct field *f, char *text) {
    enum rsl_penalty kind;
    float weight;
    bool found = false;
    RSL_TRY(read_penalty(text, &kind, &weight));
    for (size_t v = 0; v < f->values && loss >= 0; v++) {
        if (g->values.at[v].tensor.dtype != RSL_f32 ||
            !selects(text, g->values.at[v].name, is_parameter(f, v)))
            continue;
        found = true;
        loss = rsl_loss_sum(g, loss, 1, rsl_loss_penalty(g, (int)v, kind), weight);
    }
    size_t n = strlen(text);
    const char *what = n && text[n - 1] == '*' ? "no trained parameter" : "nothing";
    return found ? loss : rsl_fail(RSL_ENOTFOUND, "penalty: %s is called '%s'", what, text);
}

int rsl_loss_penalties(struct rsl_graph *g, int loss, const int *parameters, size_t n,
                       const char *text) {
    const struct field f = {parameters, n, g->values.n};
    char *copy = rsl_arena_strdup(&g->arena, text), *save = NULL;
    if (!copy) return RSL_ENOMEM;
    for (char *w = strtok_r(copy, ",", &save); w && loss >= 0; w = strtok_r(NULL, ",", &save))
        loss = add_penalty(g, loss, &f, w);
    return loss;
}
