/* See training_form.h. */
#include "train/training_form.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "base/vec.h"
#include "graph/op.h"
#include "graph/parameters.h"

#include <string.h>

/* ---- parameters become inputs ---- */

static bool is_frozen(const struct rsl_training_form_options *o, const char *name) {
    for (size_t i = 0; i < o->n_frozen; i++)
        if (strncmp(name, o->frozen[i], strlen(o->frozen[i])) == 0) return true;
    return false;
}

static bool freezes_something(const struct rsl_graph *g, const enum rsl_constant_role *roles,
                              const char *start) {
    for (size_t v = 0; v < g->values.n; v++)
        if (roles[v] == RSL_ROLE_PARAMETER &&
            strncmp(g->values.at[v].name, start, strlen(start)) == 0)
            return true;
    return false;
}

static int free_parameters(struct rsl_training_form *f, const struct rsl_training_form_options *o) {
    struct rsl_graph *g = &f->graph;
    enum rsl_constant_role *roles = rsl_calloc(g->values.n, sizeof *roles);
    int rc = roles ? RSL_OK : RSL_ENOMEM;
    if (roles) rsl_graph_roles(g, roles);
    for (size_t v = 0; v < g->values.n && rc >= 0; v++) {
        struct rsl_value *value = &g->values.at[v];
        if (roles[v] != RSL_ROLE_PARAMETER || is_frozen(o, value->name)) continue;
        if (value->tensor.dtype != RSL_f32) {
            rc = rsl_fail(RSL_EUNSUPPORTED, "parameter '%s' is %s; only f32 is trained",
                          value->name, rsl_dtype_traits((int)value->tensor.dtype)->name);
            break;
        }
        value->kind = RSL_VALUE_INPUT;
        value->tensor.data = NULL;
        rc = rsl_vec_push(&g->inputs, (int)v);
        if (rc >= 0) rc = rsl_vec_push(&f->parameters, (int)v);
    }
    for (size_t i = 0; i < o->n_frozen && rc >= 0; i++)
        if (!freezes_something(g, roles, o->frozen[i]))
            rc = rsl_fail(RSL_ENOTFOUND, "nothing to freeze: no parameter's name starts with '%s'",
                          o->frozen[i]);
    rsl_free(roles);
    if (rc < 0) return rc;
    return f->parameters.n ? RSL_OK : rsl_fail(RSL_EARG, "the network has no parameters to train");
}

/* ---- normalization ---- */

/* How often nodes read the value; *reader is one of them. */
static int count_reads(const struct rsl_graph *g, int value, int *reader) {
    int reads = 0;
    *reader = RSL_ABSENT;
    for (size_t i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i].n_in; k++) {
            if (g->nodes.at[i].in[k] != value) continue;
            *reader = (int)i;
            reads++;
        }
    return reads;
}

static bool is_output(const struct rsl_graph *g, int value) {
    for (size_t i = 0; i < g->outputs.n; i++)
        if (g->outputs.at[i] == value) return true;
    return false;
}

/* The only node that reads the value, or RSL_ABSENT when it has several readers or is an output. */
static int only_reader(const struct rsl_graph *g, int value) {
    int reader;
    return count_reads(g, value, &reader) == 1 && !is_output(g, value) ? reader : RSL_ABSENT;
}

static bool same_shape(const struct rsl_graph *g, int a, int b) {
    return rsl_shape_equal(&g->values.at[a].tensor.shape, &g->values.at[b].tensor.shape);
}

/* Takes a node out of the graph; it keeps its place until the sweep. */
static void bury(struct rsl_node *n) {
    n->op = NULL;
    n->n_in = 0;
}

/* Lets the normalization with result *out swallow the addition and the Relu that follow it. That
 * makes no cycle: only the addition reads the result, so its other operand does not depend on it.
 * The operand may come later than the normalization; the check sorts the nodes again. */
static void swallow(struct rsl_graph *g, int *out, int *residual, bool *relu) {
    int next = only_reader(g, *out);
    if (next != RSL_ABSENT && rsl_node_is(&g->nodes.at[next], "Add")) {
        const struct rsl_node *add = &g->nodes.at[next];
        int other = add->in[0] == *out ? add->in[1] : add->in[0];
        int after = only_reader(g, add->out[0]);
        bool useful = after != RSL_ABSENT && rsl_node_is(&g->nodes.at[after], "Relu");
        if (useful && add->in[0] != add->in[1] && same_shape(g, other, *out) &&
            g->values.at[other].kind == RSL_VALUE_COMPUTED) {
            *residual = other;
            *out = add->out[0];
            bury(&g->nodes.at[next]);
            next = after;
        }
    }
    if (next == RSL_ABSENT || !rsl_node_is(&g->nodes.at[next], "Relu")) return;
    *relu = true;
    *out = g->nodes.at[next].out[0];
    bury(&g->nodes.at[next]);
}

/* The place of a constant's name among the statistics, where it is put when it is new. */
static int statistic(struct rsl_training_form *f, int value, size_t *place) {
    const char *name = f->graph.values.at[value].name;
    for (*place = 0; *place < f->statistics.n; ++*place)
        if (strcmp(f->statistics.at[*place], name) == 0) return RSL_OK;
    return rsl_vec_push(&f->statistics, name);
}

static int rewrite_norm(struct rsl_training_form *f, int index) {
    struct rsl_graph *g = &f->graph;
    const struct rsl_node bn = g->nodes.at[index];
    const struct rsl_shape x = g->values.at[bn.in[0]].tensor.shape;
    if (rsl_node_int(&bn, "spatial", 1) == 0 || x.rank < 2 || x.dim[1] < 1)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "node '%s' (BatchNormalization): spatial=0 or no channels", bn.name);
    int y = bn.out[0], residual = RSL_ABSENT;
    bool relu = false;
    swallow(g, &y, &residual, &relu);
    int mean = rsl_graph_fresh(g, "batch_mean");
    int variance = mean < 0 ? mean : rsl_graph_fresh(g, "batch_variance");
    if (variance < 0) return variance;
    struct rsl_running running = {.batch_mean = mean,
                                  .batch_variance = variance,
                                  .momentum = rsl_node_float(&bn, "momentum", 0.9F),
                                  .count = rsl_shape_count(&x) / x.dim[1]};
    RSL_TRY(statistic(f, bn.in[3], &running.mean));
    RSL_TRY(statistic(f, bn.in[4], &running.variance));
    RSL_TRY(rsl_vec_push(&f->running, running));
    const int in[4] = {bn.in[0], bn.in[1], bn.in[2], residual}, out[3] = {y, mean, variance};
    struct rsl_node *n = &g->nodes.at[index];
    n->op = rsl_op_find("resile", "TrainingBatchNorm");
    n->n_in = residual == RSL_ABSENT ? 3 : 4;
    n->n_out = 3;
    n->in = rsl_arena_memdup(&g->arena, in, sizeof in);
    n->out = rsl_arena_memdup(&g->arena, out, sizeof out);
    if (!n->in || !n->out) return RSL_ENOMEM;
    return rsl_node_set_string(g, index, "activation", relu ? "Relu" : "");
}

/* ---- dropout ---- */

static int step_input(struct rsl_training_form *f) {
    int v = rsl_graph_find(&f->graph, RSL_STEP_INPUT);
    const int64_t one = 1;
    struct rsl_shape shape = rsl_shape_of(1, &one);
    f->drops = true;
    return v != RSL_ABSENT ? v : rsl_graph_add_input(&f->graph, RSL_STEP_INPUT, RSL_i64, &shape);
}

static int ratio_of(const struct rsl_graph *g, const struct rsl_node *n, float *ratio) {
    *ratio = n->opset < 12 ? rsl_node_float(n, "ratio", 0.5F) : 0.5F;
    if (n->opset < 12 || n->n_in < 2 || n->in[1] == RSL_ABSENT) return RSL_OK;
    const struct rsl_tensor *t = &g->values.at[n->in[1]].tensor;
    if (!t->data || rsl_tensor_count(t) != 1)
        return rsl_fail(RSL_EUNSUPPORTED, "node '%s' (Dropout): its ratio is no constant number",
                        n->name);
    *ratio = (float)rsl_tensor_double(t, 0);
    return RSL_OK;
}

/* Each node draws from a seed of its own. */
static int rewrite_dropout(struct rsl_training_form *f, int index, uint64_t seed) {
    struct rsl_graph *g = &f->graph;
    int step = step_input(f);
    if (step < 0) return step;
    struct rsl_node *n = &g->nodes.at[index];
    float ratio;
    RSL_TRY(ratio_of(g, n, &ratio));
    struct rsl_philox4 own = rsl_philox(seed, 0x64726f70 /* "drop" */, (uint64_t)index);
    const int in[2] = {n->in[0], step};
    int reader;
    for (int i = 1; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT &&
            (count_reads(g, n->out[i], &reader) > 0 || is_output(g, n->out[i])))
            return rsl_fail(RSL_EUNSUPPORTED, "node '%s' (Dropout): its mask is used", n->name);
    n->op = rsl_op_find("resile", "TrainingDropout");
    n->in = rsl_arena_memdup(&g->arena, in, sizeof in);
    if (!n->in) return RSL_ENOMEM;
    n->n_in = 2;
    n->n_out = 1;
    RSL_TRY(rsl_node_set_float(g, index, "ratio", ratio));
    return rsl_node_set_int(g, index, "seed",
                            (int64_t)((uint64_t)own.v[0] << 31 | (uint64_t)own.v[1] >> 1));
}

/* ---- the whole ---- */

/* Removes buried nodes. */
static int sweep(struct rsl_graph *g) {
    bool *buried = rsl_calloc(g->nodes.n + 1, sizeof *buried);
    if (!buried) return RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n; i++) buried[i] = !g->nodes.at[i].op;
    int rc = rsl_graph_remove(g, buried);
    rsl_free(buried);
    return rc;
}

/* Losses take logits; of a network that ends in probabilities, what they are made of. */
static int before_softmax(const struct rsl_graph *g, int output) {
    int producer = g->values.at[output].producer;
    if (producer == RSL_ABSENT) return output;
    const struct rsl_node *n = &g->nodes.at[producer];
    return rsl_node_is(n, "Softmax") || rsl_node_is(n, "LogSoftmax") ? n->in[0] : output;
}

static int rewrite_nodes(struct rsl_training_form *f, uint64_t seed) {
    for (size_t i = 0; i < f->graph.nodes.n; i++) {
        const struct rsl_node *n = &f->graph.nodes.at[i];
        if (!n->op) continue;
        if (rsl_node_is(n, "BatchNormalization")) RSL_TRY(rewrite_norm(f, (int)i));
        if (rsl_node_is(n, "Dropout")) RSL_TRY(rewrite_dropout(f, (int)i, seed));
    }
    return sweep(&f->graph);
}

/* Files are often exported for one image though nothing in the network but the declared shape of
 * its input says so. */
static int set_batch(struct rsl_graph *g, int64_t batch) {
    struct rsl_shape *x = &g->values.at[g->inputs.at[0]].tensor.shape;
    int64_t fixed = x->rank > 0 && x->dim[0] != batch ? x->dim[0] : -1;
    if (fixed >= 0) x->dim[0] = -1;
    rsl_graph_set_batch(g, batch);
    int rc = rsl_graph_infer(g, 0);
    const struct rsl_shape *y = &g->values.at[g->outputs.at[0]].tensor.shape;
    if (fixed < 0 || rc == RSL_ENOMEM || (rc == RSL_OK && y->rank > 0 && y->dim[0] == batch))
        return rc;
    return rsl_fail(RSL_EMISMATCH,
                    "the network is fixed to a batch of %lld: give --batch %lld, or export it with"
                    " a free first dimension",
                    (long long)fixed, (long long)fixed);
}

int rsl_training_form(struct rsl_training_form *f, const struct rsl_graph *g,
                      const struct rsl_training_form_options *o) {
    *f = (struct rsl_training_form){0};
    rsl_graph_init(&f->graph);
    RSL_TRY(rsl_graph_copy(&f->graph, g));
    if (f->graph.inputs.n == 0) return rsl_fail(RSL_EARG, "the network has no input");
    RSL_TRY(rsl_graph_check(&f->graph));
    RSL_TRY(set_batch(&f->graph, o->batch));
    RSL_TRY(free_parameters(f, o));
    RSL_TRY(rewrite_nodes(f, o->seed));
    f->output = before_softmax(&f->graph, f->graph.outputs.at[0]);
    return rsl_graph_infer(&f->graph, 0);
}

void rsl_training_form_free(struct rsl_training_form *f) {
    rsl_graph_free(&f->graph);
    rsl_free(f->parameters.at);
    rsl_free(f->statistics.at);
    rsl_free(f->running.at);
}
