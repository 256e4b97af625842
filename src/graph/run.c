/* Running plans and looking into them; see plan.h. Nothing here allocates. */
#include "base/status.h"
#include "base/threads.h"
#include "graph/plan_int.h"

#include <string.h>

enum { MOST_STALE = 32 }; /* inputs that plan_step.stale has a bit for */

static int run_step(struct plan_step *s) {
    struct rsl_kernel *k = s->kernel;
    for (int i = 0; s->stale; i++) {
        if (s->stale >> i & 1) RSL_TRY(k->reload(k, i));
        s->stale &= ~(1U << i);
    }
    return k->run(k);
}

int rsl_plan_run_steps(struct rsl_plan *p, size_t from, size_t to) {
    const int before = rsl_threads_begin(p->options.threads);
    int rc = RSL_OK;
    for (size_t i = from; i < to && rc >= 0; i++) rc = run_step(&p->steps.at[i]);
    rsl_threads_end(before);
    return rc;
}

int rsl_plan_run(struct rsl_plan *p) {
    return rsl_plan_run_steps(p, 0, p->steps.n);
}

const struct rsl_graph *rsl_plan_graph(const struct rsl_plan *p) {
    return &p->graph;
}

struct rsl_tensor *rsl_plan_input(struct rsl_plan *p, size_t i) {
    return &p->values[p->graph.inputs.at[i]].tensor;
}

const struct rsl_tensor *rsl_plan_output(const struct rsl_plan *p, size_t i) {
    return &p->values[p->graph.outputs.at[i]].tensor;
}

const struct rsl_tensor *rsl_plan_value(struct rsl_plan *p, const char *name) {
    int v = rsl_graph_find(&p->graph, name);
    if (v < 0 || !p->values[v].there || !p->values[v].tensor.data) return NULL;
    bool lasting = p->options.keep || p->graph.values.at[v].kind != RSL_VALUE_COMPUTED;
    for (size_t i = 0; i < p->graph.outputs.n && !lasting; i++)
        lasting = p->graph.outputs.at[i] == v;
    return lasting ? &p->values[v].tensor : NULL;
}

size_t rsl_plan_steps(const struct rsl_plan *p) {
    return p->steps.n;
}

const char *rsl_plan_step_kernel(const struct rsl_plan *p, size_t i) {
    return p->steps.at[i].kernel->name;
}

const struct rsl_node *rsl_plan_step_node(const struct rsl_plan *p, size_t i) {
    int node = p->steps.at[i].node;
    return node == RSL_ABSENT ? NULL : &p->graph.nodes.at[node];
}

size_t rsl_plan_workspace(const struct rsl_plan *p) {
    return p->workspace_size;
}

static bool is_source(const struct rsl_attr *from, const char *name) {
    for (size_t k = 0; from && k < from->count; k++)
        if (strcmp(from->strings[k], name) == 0) return true;
    return false;
}

/* True when a node that was folded away read the value. */
static bool was_folded(const struct rsl_plan *p, int value) {
    for (size_t i = 0; i < p->graph.nodes.n; i++) {
        const struct rsl_node *n = &p->graph.nodes.at[i];
        if (is_source(rsl_node_attr(n, "folded_from"), p->graph.values.at[value].name)) return true;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] == value && n->n_out > 0 && n->out[0] != RSL_ABSENT &&
                p->graph.values.at[n->out[0]].tensor.data)
                return true;
    }
    return false;
}

/* Bringing an element into a packed copy costs about as much as packing this many in a row. */
enum { PATCH_COST = 16 };

/* Elements; index NULL: all of them. Copies that are made anew are made when the step runs next:
 * weights that are struck and healed between two runs are then packed once and not twice. */
static int refresh(struct plan_step *s, int input, const int64_t *index, size_t n) {
    struct rsl_kernel *k = s->kernel;
    if (!k->reload || (input < MOST_STALE && s->stale >> input & 1)) return RSL_OK;
    if (index && k->patch && k->patch(k, input, index, n)) return RSL_OK;
    if (input >= MOST_STALE) return k->reload(k, input);
    s->stale |= 1U << input;
    return RSL_OK;
}

/* All kernels that read value v. */
static int refresh_readers(struct rsl_plan *p, int v, const int64_t *index, size_t n) {
    for (size_t i = 0; i < p->steps.n; i++) {
        struct plan_step *s = &p->steps.at[i];
        const struct rsl_node *node = rsl_plan_step_node(p, i);
        for (int k = 0; node && k < node->n_in; k++) {
            if (node->in[k] == v) RSL_TRY(refresh(s, k, index, n));
        }
    }
    return RSL_OK;
}

int rsl_plan_patch(struct rsl_plan *p, const char *name, const int64_t *index, size_t n) {
    int v = rsl_graph_find(&p->graph, name);
    if (v < 0 || p->graph.values.at[v].kind != RSL_VALUE_CONSTANT)
        return rsl_fail(RSL_ENOTFOUND, "the plan has no constant '%s'", name);
    if (was_folded(p, v))
        return rsl_fail(RSL_EUNSUPPORTED, "constant '%s' was folded into others by the plan", name);
    if (n > (size_t)rsl_tensor_count(&p->graph.values.at[v].tensor) / PATCH_COST) index = NULL;
    const int before = rsl_threads_begin(p->options.threads);
    int rc = refresh_readers(p, v, index, n);
    rsl_threads_end(before);
    return rc;
}

int rsl_plan_reload(struct rsl_plan *p, const char *name) {
    return rsl_plan_patch(p, name, NULL, 0);
}
