/* See activation.h. */
#include "campaign/activation.h"

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/status.h"
#include "base/vec.h"
#include "graph/parameters.h"
#include "memory/layer_name.h"
#include "memory/module_name.h"
#include "resile/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct search {
    struct rsl_activations *found;
    struct rsl_graph g;                        /* with the shapes of one image */
    const struct rsl_integer_network *integer; /* or NULL */
    const struct rsl_neuron *neuron;
    bool *fed; /* [values] depends on the input */
    int number;
    bool *matched; /* [n_patterns] */
};

/* ---- which values ---- */

static void mark_fed(struct search *s) {
    for (size_t i = 0; i < s->g.inputs.n; i++) s->fed[s->g.inputs.at[i]] = true;
    for (size_t i = 0; i < s->g.nodes.n; i++) {
        const struct rsl_node *n = &s->g.nodes.at[i];
        bool fed = false;
        for (int k = 0; k < n->n_in; k++) fed |= n->in[k] != RSL_ABSENT && s->fed[n->in[k]];
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT) s->fed[n->out[k]] = fed && !n->op->shape_only;
    }
}

static int64_t batch_of(const struct search *s) {
    const struct rsl_shape *x = &s->g.values.at[s->g.inputs.at[0]].tensor.shape;
    return x->rank > 0 ? x->dim[0] : 1;
}

static bool is_activation(const struct search *s, int v) {
    if (v == RSL_ABSENT || !s->fed[v]) return false;
    const struct rsl_tensor *t = &s->g.values.at[v].tensor;
    bool holds = s->integer ? s->integer->scales[v] > 0 : rsl_dtype_is_float((int)t->dtype);
    return holds && t->shape.rank >= 2 && t->shape.dim[0] == batch_of(s) && rsl_tensor_count(t) > 0;
}

/* The network's input as an integer network reads it: no operator has computed it. */
static bool is_input(const struct search *s, const struct rsl_node *n) {
    return s->integer && rsl_node_is(n, "QuantizeLinear") &&
           s->g.values.at[n->in[0]].kind == RSL_VALUE_INPUT;
}

/* The Softmax that ends the network: what it says is not computed on, it is read. */
static bool is_last_softmax(const struct search *s, const struct rsl_node *n) {
    bool softmax = rsl_node_is(n, "Softmax") || rsl_node_is(n, "LogSoftmax");
    for (size_t i = 0; i < s->g.outputs.n; i++)
        if (softmax && n->out[0] == s->g.outputs.at[i]) return true;
    return false;
}

/* ---- names ---- */

/* The weights' name up to its last dot; "" when the node has none. */
static void stem_of(const struct rsl_graph *g, const struct rsl_node *n, char *stem, size_t size) {
    int v = rsl_node_weight(g, n);
    const char *name = v == RSL_ABSENT ? "" : g->values.at[v].name, *dot = strrchr(name, '.');
    snprintf(stem, size, "%.*s", dot ? (int)(dot - name) : 0, name);
}

/* What the operator is called where nothing is fused and quantized. */
static const char *plain_operator(const struct rsl_node *n) {
    static const char *const prefixes[] = {"Fused", "QLinear"};
    const char *name = n->op->name;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) name += strlen(prefixes[i]);
    return name;
}

struct candidate {
    struct search *search;
    const struct rsl_node *node;
    int value;
};

static bool is_called(const struct search *s, const struct rsl_node *n, int value,
                      const char *pattern) {
    const char *names[] = {n->name, n->op->name, plain_operator(n), s->g.values.at[value].name};
    char stem[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (rsl_name_matches(pattern, names[i], strlen(names[i]))) return true;
    stem_of(&s->g, n, stem, sizeof stem);
    return stem[0] && rsl_name_matches(pattern, stem, strlen(stem));
}

/* Whether any node is called so: then a number is its name and not its place. */
static bool is_name(const struct search *s, const char *pattern) {
    for (size_t i = 0; i < s->g.nodes.n; i++) {
        const struct rsl_node *n = &s->g.nodes.at[i];
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT && is_called(s, n, n->out[k], pattern)) return true;
    }
    return false;
}

static bool answers(void *context, int k, const char *pattern) {
    const struct candidate *c = context;
    struct search *s = c->search;
    const char *stripped = rsl_module_stripped(pattern);
    bool matches = is_called(s, c->node, c->value, pattern);
    if (!matches && (rsl_index_matches(pattern, s->number) ||
                     (stripped != pattern && is_called(s, c->node, c->value, stripped))))
        matches = !is_name(s, pattern);
    s->matched[k] |= matches;
    return matches;
}

static bool chosen(struct search *s, const struct rsl_node *n, int v) {
    struct candidate c = {s, n, v};
    return rsl_patterns_choose(s->neuron->patterns, s->neuron->n_patterns, answers, &c);
}

static int no_match(const struct search *s, const char *pattern) {
    struct rsl_near near = {0};
    char nearest[RSL_NEAREST_TEXT];
    for (size_t i = 0; i < s->g.nodes.n; i++) {
        const char *name = s->g.nodes.at[i].name;
        rsl_near_offer(&near, name, rsl_edit_distance(pattern, name));
    }
    return rsl_fail(RSL_ENOTFOUND, "no activation is called '%.100s'; the nearest nodes are %s",
                    pattern, rsl_near_text(&near, nearest));
}

/* ---- collecting ---- */

/* [N, channels, height, width], further dimensions taken together. */
static struct rsl_site site_of(const struct search *s, int v) {
    const struct rsl_shape *x = &s->g.values.at[v].tensor.shape;
    return (struct rsl_site){.channels = x->dim[1],
                             .height = x->rank > 2 ? x->dim[2] : 1,
                             .width = x->rank > 3 ? rsl_shape_span(x, 3, x->rank) : 1,
                             .scale = s->integer ? s->integer->scales[v] : 1};
}

/* The network's own input comes before all. */
static int first_node(const struct search *s, int v) {
    int producer = s->g.values.at[v].producer;
    return producer == RSL_ABSENT ? 0 : producer;
}

static int add(struct search *s, int node, int v, bool input) {
    const struct rsl_node *n = &s->g.nodes.at[node];
    struct rsl_activation a = {
        .value = v, .node = input ? node : RSL_ABSENT, .first = input ? node : first_node(s, v)};
    bool take = chosen(s, n, v);
    s->number++;
    if (!take) return RSL_OK;
    RSL_TRY(rsl_vec_push(&s->found->places, a));
    return rsl_vec_push(&s->found->sites, site_of(s, v));
}

static int add_node(struct search *s, int node) {
    const struct rsl_node *n = &s->g.nodes.at[node];
    if (!s->neuron->inputs) {
        if (is_last_softmax(s, n) || is_input(s, n)) return RSL_OK;
        for (int k = 0; k < n->n_out; k++)
            if (is_activation(s, n->out[k])) RSL_TRY(add(s, node, n->out[k], false));
        return RSL_OK;
    }
    for (int k = 0; k < n->n_in && !n->op->alias; k++) {
        bool before = false;
        for (int j = 0; j < k; j++) before |= n->in[j] == n->in[k];
        if (!before && is_activation(s, n->in[k])) RSL_TRY(add(s, node, n->in[k], true));
    }
    return RSL_OK;
}

/* Of the node that is struck, or of the value where that has none. */
static const char *place_name(const struct search *s, const struct rsl_activation *a) {
    int node = a->node != RSL_ABSENT ? a->node : s->g.values.at[a->value].producer;
    const char *name = node == RSL_ABSENT ? "" : s->g.nodes.at[node].name;
    return *name ? name : s->g.values.at[a->value].name;
}

static int check_sites(const struct search *s) {
    const struct rsl_activations *a = s->found;
    int at, rc = rsl_sites_check(&s->neuron->model, a->sites.at, (int)a->sites.n, &at);
    return at < 0 ? rc : rsl_fail_in(rc, "'%.100s'", place_name(s, &a->places.at[at]));
}

static int search(struct search *s) {
    rsl_graph_set_batch(&s->g, 1);
    RSL_TRY(rsl_graph_check(&s->g));
    RSL_TRY(rsl_graph_infer(&s->g, 0));
    s->fed = rsl_calloc(s->g.values.n, sizeof *s->fed);
    s->matched = rsl_calloc((size_t)s->neuron->n_patterns, sizeof *s->matched);
    if (!s->fed || !s->matched) return RSL_ENOMEM;
    mark_fed(s);
    for (size_t i = 0; i < s->g.nodes.n; i++) RSL_TRY(add_node(s, (int)i));
    for (int k = 0; k < s->neuron->n_patterns; k++)
        if (!s->matched[k])
            return no_match(s, s->neuron->patterns[k] + (s->neuron->patterns[k][0] == '!'));
    if (s->found->places.n == 0)
        return rsl_fail(RSL_EARG, "there is no activation to strike that the options leave");
    return check_sites(s);
}

bool rsl_activations_may_be_struck(const struct rsl_fault_spec *spec) {
    struct rsl_neuron n;
    for (int i = 0; i < rsl_fault_spec_models(spec); i++)
        if (rsl_fault_spec_neuron(spec, i, &n) || rsl_fault_spec_listed(spec, i)) return true;
    return false;
}

int rsl_activations_find(struct rsl_activations *a, const struct rsl_activation_source *from,
                         const struct rsl_neuron *n) {
    struct search s = {.found = a, .neuron = n, .integer = from->integer};
    *a = (struct rsl_activations){0};
    RSL_TRY(rsl_graph_copy(&s.g, from->graph));
    int rc = search(&s);
    rsl_free(s.fed);
    rsl_free(s.matched);
    rsl_graph_free(&s.g);
    if (rc < 0) rsl_activations_free(a);
    return rc;
}

void rsl_activations_free(struct rsl_activations *a) {
    rsl_free(a->places.at);
    rsl_free(a->sites.at);
    *a = (struct rsl_activations){0};
}

char *rsl_activation_label(struct rsl_arena *arena, const struct rsl_graph *g,
                           const struct rsl_activation *a) {
    const struct rsl_value *v = &g->values.at[a->value];
    if (a->node != RSL_ABSENT)
        return rsl_arena_printf(arena, "inputs:%s:%s", g->nodes.at[a->node].name, v->name);
    bool only = v->producer != RSL_ABSENT && g->nodes.at[v->producer].n_out == 1;
    return rsl_arena_printf(arena, "outputs:%s", only ? g->nodes.at[v->producer].name : v->name);
}

/* ---- scales ---- */

/* The largest magnitude in the first n images of a value, wherever its bytes are. */
static float largest(const struct rsl_plan *p, int v, int64_t batch, int64_t n) {
    const struct rsl_tensor *t = &rsl_plan_graph(p)->values.at[v].tensor;
    struct rsl_plan_port port = rsl_plan_port(p, v);
    int64_t count = rsl_tensor_count(t) / batch * n;
    double most = 0, x;
    for (int64_t i = 0; i < count; i++) {
        enum rsl_dtype dtype;
        const void *at = rsl_plan_element(&port, t, i, &dtype);
        rsl_dtype_traits((int)dtype)->to_double(at, &x, 1);
        if (fabs(x) > most && isfinite(x)) most = fabs(x);
    }
    return (float)most;
}

/* Of each place, over as many images as the plan's batch has room for at a time. */
static int find_largest(struct rsl_activations *a, struct rsl_plan *p, const float *images,
                        int64_t batch, int64_t n) {
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    size_t bytes = rsl_tensor_bytes(x), one = bytes / (size_t)batch;
    for (int64_t first = 0; first < n; first += batch) {
        int64_t now = n - first < batch ? n - first : batch;
        memset(x->data, 0, bytes);
        memcpy(x->data, (const char *)images + one * (size_t)first, one * (size_t)now);
        RSL_TRY(rsl_plan_run(p));
        for (size_t i = 0; i < a->places.n; i++) {
            float most = largest(p, a->places.at[i].value, batch, now);
            if (most > a->sites.at[i].scale) a->sites.at[i].scale = most;
        }
    }
    return RSL_OK;
}

int rsl_activations_calibrate(struct rsl_activations *a, const struct rsl_graph *g,
                              const float *images, int n) {
    const struct rsl_shape *shape = &g->values.at[g->inputs.at[0]].tensor.shape;
    int64_t batch = shape->rank > 0 && shape->dim[0] > 0 ? shape->dim[0] : n;
    struct rsl_plan_options o = {.batch = batch, .threads = 1, .keep = true};
    struct rsl_plan *p;
    RSL_TRY(rsl_plan_new(&p, g, &o));
    for (size_t i = 0; i < a->places.n; i++) a->sites.at[i].scale = 0;
    int rc = find_largest(a, p, images, batch, n);
    for (size_t i = 0; i < a->places.n; i++) {
        float *scale = &a->sites.at[i].scale;
        *scale = *scale > 0 ? (float)((double)*scale / 127) : 1;
    }
    rsl_plan_free(p);
    return rc;
}
