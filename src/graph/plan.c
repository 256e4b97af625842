/* Making plans: rewrite, infer, choose kernels, convert layouts where needed, lay out memory. */
#include "graph/plan.h"

#include "base/status.h"
#include "base/threads.h"
#include "base/vec.h"
#include "graph/fuse.h"
#include "graph/plan_int.h"
#include "resile/provenance.h"

#include <string.h>

/* ---- preparing the graph ---- */

static int bind_known(struct rsl_graph *g, const struct rsl_plan_options *o) {
    for (size_t i = 0; i < o->n_known; i++) {
        int v = rsl_graph_find(g, o->known[i].name);
        if (v < 0 || g->values.at[v].kind != RSL_VALUE_INPUT)
            return rsl_fail(RSL_ENOTFOUND, "the graph has no input '%s'", o->known[i].name);
        struct rsl_value *value = &g->values.at[v];
        if (!o->known[i].variable)
            value->kind = RSL_VALUE_CONSTANT;
        else if (!rsl_shape_equal(&value->tensor.shape, &o->known[i].tensor.shape) ||
                 value->tensor.dtype != o->known[i].tensor.dtype)
            return rsl_fail(RSL_ESHAPE, "input '%s' is bound to a tensor of another shape or type",
                            o->known[i].name);
        value->tensor = o->known[i].tensor;
        if (o->known[i].variable) value->tensor.data = NULL; /* not known while planning */
    }
    return RSL_OK;
}

static int prepare_graph(struct rsl_plan *p, const struct rsl_graph *g) {
    RSL_TRY(rsl_graph_copy(&p->graph, g));
    RSL_TRY(bind_known(&p->graph, &p->options));
    rsl_graph_set_batch(&p->graph, p->options.batch > 0 ? p->options.batch : 1);
    RSL_TRY(rsl_graph_check(&p->graph));
    if (p->options.fuse) {
        RSL_TRY(rsl_graph_infer(&p->graph, 0));
        RSL_TRY(rsl_graph_fuse(&p->graph));
    }
    return rsl_graph_infer(&p->graph, RSL_MAX_ELEMENTS);
}

/* ---- buffers and places ---- */

static int new_buffer(struct rsl_plan *p, size_t bytes) {
    int step = (int)p->steps.n;
    struct rsl_lifetime b = {.bytes = bytes, .first = step, .last = step};
    RSL_TRY(rsl_vec_push(&p->buffers, b));
    return (int)p->buffers.n - 1;
}

/* The step about to be appended uses the buffer. */
static void touch(struct rsl_plan *p, const struct plan_place *place) {
    if (place->buffer != RSL_ABSENT) p->buffers.at[place->buffer].last = (int)p->steps.n;
}

/* The caller's memory for an input that is bound as a variable, or NULL. */
static void *variable(const struct rsl_plan *p, const char *name) {
    for (size_t i = 0; i < p->options.n_known; i++)
        if (p->options.known[i].variable && strcmp(p->options.known[i].name, name) == 0)
            return p->options.known[i].tensor.data;
    return NULL;
}

static int add_inputs(struct rsl_plan *p) {
    for (size_t i = 0; i < p->graph.values.n; i++) {
        const struct rsl_value *v = &p->graph.values.at[i];
        struct plan_value *pv = &p->values[i];
        pv->tensor = v->tensor;
        pv->own = (struct plan_place){.buffer = RSL_ABSENT};
        pv->plain = pv->own;
        if (v->tensor.data || (v->tensor.dtype != RSL_NO_DTYPE && v->kind == RSL_VALUE_CONSTANT)) {
            pv->there = true;
            pv->own.constant = v->tensor.data;
        } else if (v->kind == RSL_VALUE_INPUT) {
            pv->there = true;
            pv->own.constant = variable(p, v->name);
            if (pv->own.constant) continue;
            pv->own.buffer = new_buffer(p, rsl_tensor_bytes(&v->tensor));
            if (pv->own.buffer < 0) return pv->own.buffer;
        }
    }
    return RSL_OK;
}

static int append_step(struct rsl_plan *p, struct plan_step step) {
    for (int i = 0; i < step.n_in; i++) touch(p, &step.in[i]);
    for (int i = 0; i < step.n_out; i++) touch(p, &step.out[i]);
    return rsl_vec_push(&p->steps, step);
}

/* Makes sure that value v exists in plain layout and returns its place. */
static int need_plain(struct rsl_plan *p, int v, struct plan_place *place) {
    struct plan_value *pv = &p->values[v];
    if (!pv->own.layout) {
        *place = pv->own;
        return RSL_OK;
    }
    if (pv->plain.buffer == RSL_ABSENT) {
        const struct rsl_layout *layout = pv->own.layout;
        struct plan_step step = {.node = RSL_ABSENT, .value = v, .n_in = 1, .n_out = 1};
        step.in = rsl_arena_array(&p->arena, 2, sizeof *step.in);
        if (!step.in) return RSL_ENOMEM;
        step.out = step.in + 1;
        int buffer = new_buffer(p, rsl_tensor_bytes(&pv->tensor));
        if (buffer < 0) return buffer;
        pv->plain = (struct plan_place){.buffer = buffer};
        step.in[0] = pv->own;
        step.out[0] = pv->plain;
        RSL_TRY(layout->backend->to_plain(&p->arena, layout, &pv->tensor, &step.kernel));
        int rc = append_step(p, step);
        if (rc < 0 && step.kernel->free) step.kernel->free(step.kernel);
        RSL_TRY(rc);
    }
    *place = pv->plain;
    return RSL_OK;
}

/* ---- choosing kernels ---- */

/* Everything about the node being placed. */
struct placing {
    const struct rsl_node *node;
    int index;
    struct rsl_call call;
    const struct rsl_tensor **in;
    struct rsl_tensor **out;
    const struct rsl_layout **in_layout, **out_layout;
};

static int describe(struct rsl_plan *p, int index, struct placing *w) {
    const struct rsl_node *n = &p->graph.nodes.at[index];
    w->node = n;
    w->index = index;
    w->in = rsl_arena_array(&p->arena, (size_t)n->n_in, sizeof *w->in);
    w->out = rsl_arena_array(&p->arena, (size_t)n->n_out, sizeof *w->out);
    w->in_layout = rsl_arena_array(&p->arena, (size_t)n->n_in, sizeof *w->in_layout);
    w->out_layout = rsl_arena_array(&p->arena, (size_t)n->n_out, sizeof *w->out_layout);
    if (!w->in || !w->out || !w->in_layout || !w->out_layout) return RSL_ENOMEM;
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i] != RSL_ABSENT) w->in[i] = &p->graph.values.at[n->in[i]].tensor;
    for (int i = 0; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT) w->out[i] = &p->graph.values.at[n->out[i]].tensor;
    w->call = (struct rsl_call){.node = n,
                                .opset = n->opset,
                                .n_in = n->n_in,
                                .n_out = n->n_out,
                                .in = w->in,
                                .out = w->out};
    /* Once more, for the scratch size; shapes come out as they are. */
    return n->op->infer(&w->call);
}

/* Asks the back ends in order; the reference takes everything. */
static int choose(struct rsl_plan *p, struct placing *w, struct plan_step *step) {
    for (const struct rsl_backend *const *b = rsl_backends; *b && !step->kernel; b++) {
        if (p->options.reference && *b != &rsl_backend_reference) continue;
        for (int i = 0; i < w->node->n_in; i++)
            w->in_layout[i] =
                w->node->in[i] == RSL_ABSENT ? NULL : p->values[w->node->in[i]].own.layout;
        for (int i = 0; i < w->node->n_out; i++) w->out_layout[i] = NULL;
        struct rsl_kernel_request rq = {.arena = &p->arena,
                                        .call = &w->call,
                                        .compute = p->options.compute,
                                        .training = p->options.training,
                                        .threads = p->options.threads,
                                        .in_layout = w->in_layout,
                                        .out_layout = w->out_layout};
        int rc = (*b)->select(&rq, &step->kernel);
        if (rc < 0) return rsl_fail_in(rc, "node '%s' (%s)", w->node->name, w->node->op->name);
        step->scratch = rq.scratch;
    }
    return step->kernel ? RSL_OK
                        : rsl_fail(RSL_EINTERNAL, "no back end takes node '%s' (%s)", w->node->name,
                                   w->node->op->name);
}

static int place_inputs(struct rsl_plan *p, const struct placing *w, struct plan_step *step) {
    for (int i = 0; i < step->n_in; i++) {
        int v = w->node->in[i];
        step->in[i] = (struct plan_place){.buffer = RSL_ABSENT};
        if (v == RSL_ABSENT) continue;
        if (w->in_layout[i])
            step->in[i] = p->values[v].own;
        else
            RSL_TRY(need_plain(p, v, &step->in[i]));
    }
    return RSL_OK;
}

static int place_outputs(struct rsl_plan *p, const struct placing *w, struct plan_step *step) {
    for (int i = 0; i < step->n_out; i++) {
        int v = w->node->out[i];
        step->out[i] = (struct plan_place){.buffer = RSL_ABSENT};
        if (v == RSL_ABSENT) continue;
        const struct rsl_layout *layout = w->out_layout[i];
        int buffer = new_buffer(p, layout ? layout->bytes : rsl_tensor_bytes(w->out[i]));
        if (buffer < 0) return buffer;
        step->out[i] = (struct plan_place){.buffer = buffer, .layout = layout};
        p->values[v].own = step->out[i];
        p->values[v].there = true;
    }
    return RSL_OK;
}

/* Whether something but this alias reads the value. */
static bool read_elsewhere(const struct rsl_plan *p, int v) {
    int reads = 0;
    for (size_t i = 0; i < p->graph.nodes.n; i++)
        for (int k = 0; k < p->graph.nodes.at[i].n_in; k++)
            reads += p->graph.nodes.at[i].in[k] == v;
    for (size_t i = 0; i < p->graph.outputs.n; i++) reads += p->graph.outputs.at[i] == v;
    return reads > 1;
}

/* An alias node moves no bytes: its output is its input's place. With `keep`, only where nobody can
 * tell: both have their own memory when both are read. */
static int place_alias(struct rsl_plan *p, const struct rsl_node *n, bool *done) {
    *done = false;
    if (p->options.keep && read_elsewhere(p, n->in[0])) return RSL_OK;
    if (n->n_in > 2 && n->in[2] != RSL_ABSENT) return RSL_OK; /* Dropout that may be training */
    const struct rsl_value *in = &p->graph.values.at[n->in[0]];
    const struct rsl_value *out = &p->graph.values.at[n->out[0]];
    for (int i = 1; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT) return RSL_OK;
    if (in->tensor.dtype != out->tensor.dtype ||
        rsl_tensor_count(&in->tensor) != rsl_tensor_count(&out->tensor))
        return RSL_OK;
    struct plan_value *pv = &p->values[n->out[0]];
    if (rsl_shape_equal(&in->tensor.shape, &out->tensor.shape))
        pv->own = p->values[n->in[0]].own;
    else
        RSL_TRY(need_plain(p, n->in[0], &pv->own));
    pv->there = *done = true;
    return RSL_OK;
}

static int place_node(struct rsl_plan *p, int index) {
    const struct rsl_node *n = &p->graph.nodes.at[index];
    if (n->op->alias) {
        bool done;
        RSL_TRY(place_alias(p, n, &done));
        if (done) return RSL_OK;
    }
    struct placing w = {0};
    struct plan_step step = {
        .node = index, .value = RSL_ABSENT, .n_in = n->n_in, .n_out = n->n_out};
    RSL_TRY(describe(p, index, &w));
    step.in = rsl_arena_array(&p->arena, (size_t)n->n_in, sizeof *step.in);
    step.out = rsl_arena_array(&p->arena, (size_t)n->n_out, sizeof *step.out);
    if (!step.in || !step.out) return RSL_ENOMEM;
    RSL_TRY(choose(p, &w, &step));
    int rc = place_inputs(p, &w, &step);
    if (rc == RSL_OK) rc = place_outputs(p, &w, &step);
    if (rc == RSL_OK) rc = append_step(p, step);
    if (rc < 0 && step.kernel->free) step.kernel->free(step.kernel);
    return rc;
}

/* Marks the nodes that some output depends on and that are not folded. */
static int mark_needed(const struct rsl_plan *p, bool *needed) {
    const struct rsl_graph *g = &p->graph;
    bool *value = rsl_calloc(g->values.n, sizeof *value);
    if (!value) return RSL_ENOMEM;
    for (size_t i = 0; i < g->outputs.n; i++) value[g->outputs.at[i]] = true;
    for (size_t i = g->nodes.n; i-- > 0;) {
        const struct rsl_node *n = &g->nodes.at[i];
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT && !p->values[n->out[k]].there &&
                (value[n->out[k]] || p->options.keep))
                needed[i] = true;
        for (int k = 0; k < n->n_in && needed[i]; k++)
            if (n->in[k] != RSL_ABSENT) value[n->in[k]] = true;
    }
    rsl_free(value);
    return RSL_OK;
}

/* ---- memory ---- */

/* Inputs stay until the end (they may be run again), outputs too; with `keep` everything does. */
static int extend_lifetimes(struct rsl_plan *p) {
    struct plan_place place;
    /* First all steps that bring outputs into plain layout: the last of them is the end. */
    for (size_t i = 0; i < p->graph.outputs.n; i++)
        RSL_TRY(need_plain(p, p->graph.outputs.at[i], &place));
    int end = (int)p->steps.n;
    for (size_t i = 0; i < p->graph.inputs.n; i++) {
        const struct plan_place *own = &p->values[p->graph.inputs.at[i]].own;
        if (own->buffer == RSL_ABSENT) continue;
        p->buffers.at[own->buffer].first = 0;
        p->buffers.at[own->buffer].last = end;
    }
    for (size_t i = 0; i < p->graph.outputs.n; i++) {
        RSL_TRY(need_plain(p, p->graph.outputs.at[i], &place));
        if (place.buffer != RSL_ABSENT) p->buffers.at[place.buffer].last = end;
    }
    for (size_t i = 0; i < p->buffers.n && p->options.keep; i++) {
        p->buffers.at[i].first = 0;
        p->buffers.at[i].last = end;
    }
    return RSL_OK;
}

static void *address(const struct rsl_plan *p, const struct plan_place *place) {
    if (place->buffer == RSL_ABSENT) return place->constant;
    return p->workspace + p->buffers.at[place->buffer].offset;
}

static int bind_steps(struct rsl_plan *p, char *scratch) {
    void *pointers[2 * 64], **many = pointers;
    size_t most = 0;
    for (size_t i = 0; i < p->steps.n; i++) {
        size_t n = (size_t)(p->steps.at[i].n_in + p->steps.at[i].n_out);
        if (n > most) most = n;
    }
    if (most > sizeof pointers / sizeof *pointers)
        many = rsl_arena_array(&p->arena, most, sizeof *many);
    if (!many) return RSL_ENOMEM;
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct plan_step *s = &p->steps.at[i];
        for (int k = 0; k < s->n_in; k++) many[k] = address(p, &s->in[k]);
        for (int k = 0; k < s->n_out; k++) many[s->n_in + k] = address(p, &s->out[k]);
        RSL_TRY(s->kernel->bind(s->kernel, many, many + s->n_in, scratch));
    }
    return RSL_OK;
}

static int lay_out(struct rsl_plan *p) {
    size_t total = 0, scratch = 0;
    RSL_TRY(rsl_lifetime_layout(p->buffers.at, p->buffers.n, &total));
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.at[i].scratch > scratch) scratch = p->steps.at[i].scratch;
    p->workspace_size = total + scratch;
    p->workspace = rsl_malloc(p->workspace_size);
    if (!p->workspace) return RSL_ENOMEM;
    for (size_t i = 0; i < p->graph.values.n; i++) {
        struct plan_value *v = &p->values[i];
        if (!v->there) continue;
        const struct plan_place *plain = v->own.layout ? &v->plain : &v->own;
        if (plain->buffer != RSL_ABSENT || plain->constant) v->tensor.data = address(p, plain);
    }
    return bind_steps(p, p->workspace + total);
}

static int make(struct rsl_plan *p, const struct rsl_graph *g) {
    RSL_TRY(prepare_graph(p, g));
    p->values = rsl_arena_array(&p->arena, p->graph.values.n, sizeof *p->values);
    bool *needed = rsl_arena_array(&p->arena, p->graph.nodes.n, sizeof *needed);
    if (!p->values || !needed) return RSL_ENOMEM;
    RSL_TRY(add_inputs(p));
    RSL_TRY(mark_needed(p, needed));
    for (size_t i = 0; i < p->graph.nodes.n; i++)
        if (needed[i]) RSL_TRY(place_node(p, (int)i));
    RSL_TRY(extend_lifetimes(p));
    return lay_out(p);
}

int rsl_plan_new(struct rsl_plan **plan, const struct rsl_graph *g,
                 const struct rsl_plan_options *options) {
    *plan = NULL;
    struct rsl_plan *p = rsl_calloc(1, sizeof *p);
    if (!p) return RSL_ENOMEM;
    rsl_graph_init(&p->graph);
    p->options = *options;
    if (p->options.threads <= 0) p->options.threads = rsl_cpu_threads();
    const int before = rsl_threads_begin(p->options.threads);
    int rc = make(p, g);
    rsl_threads_end(before);
    p->options.known = NULL;
    p->options.n_known = 0;
    if (rc < 0)
        rsl_plan_free(p);
    else
        *plan = p;
    return rc;
}

void rsl_plan_free(struct rsl_plan *p) {
    if (!p) return;
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.at[i].kernel->free) p->steps.at[i].kernel->free(p->steps.at[i].kernel);
    rsl_free(p->steps.at);
    rsl_free(p->buffers.at);
    rsl_free(p->workspace);
    rsl_graph_free(&p->graph);
    rsl_arena_free(&p->arena);
    rsl_free(p);
}
