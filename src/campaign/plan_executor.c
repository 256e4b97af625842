/* The executor for every graph and every way of computing: a plan per worker, with all values kept,
 * of which a trial runs the steps whose inputs differ from the golden ones.
 *
 * A step is run when it reads a changed parameter or a buffer that is not golden, or when a fault
 * strikes what it reads. What it writes is then compared with the golden bytes; where they are
 * equal the fault has died out. Steps that are not run find golden values in place: after a trial
 * every buffer that was not golden is copied back.
 *
 * Plans work with one thread each, so that no sum depends on how many workers there are. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "campaign/decoded.h"
#include "campaign/executor_int.h"
#include "campaign/strokes.h"
#include "campaign/touched.h"
#include "memory/integer_network.h"

#include <string.h>

static const size_t usual_memory = (size_t)256 << 20; /* golden values of a tile */

struct worker {
    struct rsl_decoded network;         /* of floats, or */
    struct rsl_integer_network integer; /* of integers: RSL_MODE_INT8 */
    struct rsl_plan *plan;
    uint64_t serial; /* of the tile whose golden values are in the plan's buffers */
    bool *dirty;     /* [buffers] not golden */
    bool *changed;   /* [values] constants with changed elements */
    struct rsl_touched touched;
    struct rsl_strokes strokes;
};

/* A value that is another one in the same memory. */
struct alias {
    int in, out;
};

struct plan_executor {
    struct rsl_executor base;
    const struct rsl_memory *image;
    struct rsl_executor_options options;
    int64_t batch; /* of the plans; at least the tile */
    struct worker *workers;
    bool *read;  /* [image->n] some step reads it */
    bool *bound; /* [values] constants that the plan would fold: they are variables of it */
    struct {
        struct alias *at;
        size_t n, cap;
    } aliases; /* of those, in order */
    struct rsl_places places;
    char *golden;  /* all buffers, one after the other */
    size_t *place; /* [buffers] offsets in it */
    uint64_t serial;
};

/* ---- making ---- */

static bool is_integer(const struct plan_executor *e) {
    return e->options.compute == RSL_MODE_INT8;
}

static const struct rsl_graph *graph_of(const struct plan_executor *e, const struct worker *w) {
    return is_integer(e) ? &w->integer.graph : &w->network.graph;
}

static int make_plan(struct plan_executor *e, struct worker *w) {
    const struct rsl_graph *g = graph_of(e, w);
    struct rsl_plan_options o = {.batch = e->batch,
                                 .threads = 1,
                                 .compute = e->options.compute,
                                 .reference = e->options.reference,
                                 .keep = true};
    struct rsl_binding *bound = rsl_calloc(g->values.n, sizeof *bound);
    if (!bound) return RSL_ENOMEM;
    for (size_t v = 0; v < g->values.n && !is_integer(e); v++)
        if (e->bound[v])
            bound[o.n_known++] = (struct rsl_binding){
                .name = g->values.at[v].name, .tensor = g->values.at[v].tensor, .variable = true};
    o.known = bound;
    int rc = rsl_plan_new(&w->plan, g, &o);
    rsl_free(bound);
    return rc;
}

/* A parameter that the plan would fold into another constant becomes a variable, in memory that is
 * aligned as variables must be. */
static int bind_folded(struct plan_executor *e, struct worker *w) {
    for (int i = 0; i < e->image->n; i++) {
        int v = w->network.value[i];
        if (v == RSL_ABSENT || !e->bound[v]) continue;
        RSL_TRY(rsl_decoded_align(&w->network, i));
        w->network.graph.values.at[v].kind = RSL_VALUE_INPUT;
    }
    return RSL_OK;
}

static int init_worker(struct plan_executor *e, struct worker *w, const struct rsl_graph *g) {
    if (is_integer(e)) {
        RSL_TRY(rsl_integer_init(&w->integer, g, e->image, NULL, e->options.ranges));
        return make_plan(e, w);
    }
    RSL_TRY(rsl_decoded_init(&w->network, g, e->image));
    RSL_TRY(bind_folded(e, w));
    return make_plan(e, w);
}

static int reserve_worker(struct plan_executor *e, struct worker *w) {
    w->dirty = rsl_calloc(rsl_plan_buffers(w->plan), sizeof *w->dirty);
    w->changed = rsl_calloc(graph_of(e, w)->values.n, sizeof *w->changed);
    if (!w->dirty || !w->changed) return RSL_ENOMEM;
    return rsl_strokes_init(&w->strokes, &e->places, w->plan, e->batch);
}

static void free_worker(struct worker *w) {
    rsl_plan_free(w->plan);
    rsl_decoded_free(&w->network);
    rsl_integer_free(&w->integer);
    rsl_free(w->dirty);
    rsl_free(w->changed);
    rsl_touched_free(&w->touched);
    rsl_strokes_free(&w->strokes);
    *w = (struct worker){0};
}

/* Marks the parameters that the first worker's plan has folded away, and those that are read. */
static bool find_folded(struct plan_executor *e) {
    const struct worker *w = &e->workers[0];
    const struct rsl_graph *g = rsl_plan_graph(w->plan);
    bool any = false;
    if (is_integer(e)) return false; /* its constants are made to be changed */
    memset(e->read, 0, (size_t)e->image->n * sizeof *e->read);
    for (int i = 0; i < e->image->n; i++) {
        int v = w->network.value[i];
        for (size_t k = 0; k < g->nodes.n && v != RSL_ABSENT; k++) {
            const struct rsl_node *n = &g->nodes.at[k];
            for (int j = 0; j < n->n_in; j++) {
                if (n->in[j] != v) continue;
                e->read[i] = true;
                if (n->out[0] != RSL_ABSENT && g->values.at[n->out[0]].tensor.data)
                    any = e->bound[v] = true;
            }
        }
    }
    return any;
}

/* Nodes that only give a variable another shape or name have no step that could be run: who reads
 * what they make reads the variable. */
static int find_aliases(struct plan_executor *e) {
    const struct rsl_graph *g = rsl_plan_graph(e->workers[0].plan);
    bool *follows = rsl_calloc(g->values.n, sizeof *follows);
    if (!follows) return RSL_ENOMEM;
    size_t known = e->workers[0].network.graph.values.n; /* none of an integer network */
    if (known > 0) memcpy(follows, e->bound, known * sizeof *follows);
    int rc = RSL_OK;
    for (size_t i = 0; i < g->nodes.n && rc == RSL_OK; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        if (!n->op->alias || !follows[n->in[0]]) continue;
        follows[n->out[0]] = true;
        rc = rsl_vec_push(&e->aliases, ((struct alias){n->in[0], n->out[0]}));
    }
    rsl_free(follows);
    return rc;
}

static int check_output(struct plan_executor *e) {
    const struct rsl_plan *p = e->workers[0].plan;
    const struct rsl_tensor *y = rsl_plan_output(p, 0);
    const struct rsl_graph *g = rsl_plan_graph(p);
    const char *name = g->values.at[g->outputs.at[0]].name;
    if (y->dtype != RSL_f32 || y->shape.rank < 2 || y->shape.dim[0] != e->batch)
        return rsl_fail(RSL_EMISMATCH,
                        "output '%s' of the model is not one row of scores per image", name);
    int64_t classes = rsl_shape_span(&y->shape, 1, y->shape.rank);
    if (classes < 1 || classes > 1 << 24)
        return rsl_fail(RSL_EMISMATCH, "output '%s' of the model has %lld scores per image", name,
                        (long long)classes);
    e->base.classes = (int)classes;
    return RSL_OK;
}

static size_t golden_size(const struct rsl_plan *p, size_t *place) {
    size_t total = 0, bytes;
    for (size_t i = 0; i < rsl_plan_buffers(p); i++) {
        if (place) place[i] = total;
        rsl_plan_buffer(p, i, &bytes);
        total += bytes;
    }
    return total;
}

/* Bytes of all that the graph as it stands computes for one image: what a plan that fuses nodes
 * keeps is at most that, but for the padding of channels. */
static int measure_image(const struct rsl_graph *g, size_t *bytes) {
    struct rsl_graph own;
    *bytes = 0;
    RSL_TRY(rsl_graph_copy(&own, g));
    rsl_graph_set_batch(&own, 1);
    int rc = rsl_graph_check(&own);
    if (rc == RSL_OK) rc = rsl_graph_infer(&own, 0);
    for (size_t v = 0; v < own.values.n && rc == RSL_OK; v++)
        if (own.values.at[v].producer != RSL_ABSENT)
            *bytes += rsl_tensor_bytes(&own.values.at[v].tensor);
    rsl_graph_free(&own);
    return rc;
}

/* A tile of at most four times the memory allowed, by that measure. */
static int guess_batch(struct plan_executor *e, const struct rsl_graph *g, size_t most) {
    size_t each;
    e->batch = e->options.tile > 0 ? e->options.tile : RSL_TILE;
    RSL_TRY(measure_image(g, &each));
    int64_t room = each > 0 ? (int64_t)(4 * most / each) : e->batch;
    if (e->batch > room) e->batch = room > 0 ? room : 1;
    return RSL_OK;
}

/* The first worker, with as many images as the memory allows: neither depends on the machine. */
static int make_first(struct plan_executor *e, const struct rsl_graph *g) {
    struct worker *w = &e->workers[0];
    const struct rsl_shape *x = &g->values.at[g->inputs.at[0]].tensor.shape;
    int64_t fixed = x->rank > 0 ? x->dim[0] : -1;
    size_t most = e->options.memory ? e->options.memory : usual_memory;
    if (fixed > 0)
        e->batch = fixed;
    else
        RSL_TRY(guess_batch(e, g, most));
    RSL_TRY(init_worker(e, w, g));
    size_t size = golden_size(w->plan, NULL);
    bool folded = find_folded(e), large = size > most && fixed <= 0 && e->batch > 1;
    if (large) e->batch = (int64_t)((double)e->batch * (double)most / (double)size);
    if (e->batch < 1) e->batch = 1;
    if (folded || large) {
        free_worker(w);
        RSL_TRY(init_worker(e, w, g));
    }
    e->base.tile = (int)(e->batch < RSL_TILE ? e->batch : RSL_TILE);
    return RSL_OK;
}

static int make_workers(struct plan_executor *e, const struct rsl_graph *g) {
    RSL_TRY(make_first(e, g));
    RSL_TRY(check_output(e));
    RSL_TRY(find_aliases(e));
    RSL_TRY(rsl_places_find(&e->places, e->workers[0].plan));
    for (int i = 0; i < e->base.workers; i++) {
        if (i > 0) RSL_TRY(init_worker(e, &e->workers[i], g));
        RSL_TRY(reserve_worker(e, &e->workers[i]));
    }
    const struct rsl_plan *p = e->workers[0].plan;
    e->place = rsl_calloc(rsl_plan_buffers(p), sizeof *e->place);
    if (!e->place) return RSL_ENOMEM;
    e->golden = rsl_malloc(golden_size(p, e->place));
    e->base.golden_logits =
        rsl_calloc((size_t)e->base.tile * (size_t)e->base.classes, sizeof(float));
    return e->golden && e->base.golden_logits ? RSL_OK : RSL_ENOMEM;
}

static void free_executor(struct rsl_executor *base) {
    struct plan_executor *e = (struct plan_executor *)base;
    for (int i = 0; e->workers && i < base->workers; i++) free_worker(&e->workers[i]);
    rsl_free(e->workers);
    rsl_free(e->read);
    rsl_free(e->bound);
    rsl_free(e->aliases.at);
    rsl_places_free(&e->places);
    rsl_free(e->golden);
    rsl_free(e->place);
    rsl_free(base->golden_logits);
    rsl_free(e);
}

static int make(struct rsl_executor **executor, const struct rsl_graph *g,
                const struct rsl_memory *image, const struct rsl_executor_options *o) {
    if (o->compute == RSL_MODE_INT8 && !o->ranges)
        return rsl_fail(RSL_EARG, "compute mode int8 needs the ranges of activations");
    struct plan_executor *e = rsl_calloc(1, sizeof *e);
    if (!e) return RSL_ENOMEM;
    e->base.workers = o->workers;
    e->image = image;
    e->options = *o;
    e->workers = rsl_calloc((size_t)o->workers, sizeof *e->workers);
    e->read = rsl_calloc((size_t)image->n, sizeof *e->read);
    e->bound = rsl_calloc(g->values.n, sizeof *e->bound);
    int rc = e->workers && e->read && e->bound ? make_workers(e, g) : RSL_ENOMEM;
    if (rc < 0)
        free_executor(&e->base);
    else
        *executor = &e->base;
    return rc;
}

/* ---- golden values ---- */

static int golden(struct rsl_executor *base, const float *images, int n) {
    struct plan_executor *e = (struct plan_executor *)base;
    struct rsl_plan *p = e->workers[0].plan;
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    size_t all = rsl_tensor_bytes(x), used = all / (size_t)e->batch * (size_t)n, bytes;
    memcpy(x->data, images, used);
    memset((char *)x->data + used, 0, all - used);
    RSL_TRY(rsl_plan_run(p));
    for (size_t i = 0; i < rsl_plan_buffers(p); i++) {
        const void *from = rsl_plan_buffer(p, i, &bytes);
        memcpy(e->golden + e->place[i], from, bytes);
    }
    e->workers[0].serial = ++e->serial;
    memcpy(base->golden_logits, rsl_plan_output(p, 0)->data,
           (size_t)n * (size_t)base->classes * sizeof(float));
    return RSL_OK;
}

static void restore(const struct plan_executor *e, struct worker *w, size_t buffer) {
    size_t bytes;
    void *to = rsl_plan_buffer(w->plan, buffer, &bytes);
    memcpy(to, e->golden + e->place[buffer], bytes);
}

static void fetch_golden(const struct plan_executor *e, struct worker *w) {
    if (w->serial == e->serial) return;
    for (size_t i = 0; i < rsl_plan_buffers(w->plan); i++) restore(e, w, i);
    w->serial = e->serial;
}

/* ---- parameters ---- */

/* Of an integer network: the constants that were written are those to be taken anew. */
static int reload_written(struct worker *w, bool changed) {
    for (size_t i = 0; i < w->integer.written.n; i++) {
        int v = w->integer.written.at[i];
        w->changed[v] = changed;
        RSL_TRY(rsl_plan_reload(w->plan, w->integer.graph.values.at[v].name));
    }
    return RSL_OK;
}

/* Parameters become what they are after the strike, or (`undo`) what they were before it. */
static int change(const struct plan_executor *e, struct worker *w, const struct rsl_strike *s,
                  bool undo) {
    for (size_t i = 0; i < s->n_changes; i++) {
        const struct rsl_change *c = &s->changes[i];
        int v = w->network.value[c->tensor];
        if (!e->read[c->tensor]) continue;
        rsl_decoded_set(&w->network, c->tensor, c->index, undo ? c->before : c->after);
        w->changed[v] = !undo;
        if (!e->bound[v]) RSL_TRY(rsl_touch(&w->touched, v, c->index));
    }
    for (size_t i = 0; i < e->aliases.n; i++)
        w->changed[e->aliases.at[i].out] = w->changed[e->aliases.at[i].in];
    return rsl_touched_take(&w->touched, w->plan);
}

static int patch(const struct plan_executor *e, struct worker *w, const struct rsl_strike *s) {
    if (!is_integer(e)) return change(e, w, s, false);
    RSL_TRY(rsl_integer_apply(&w->integer, s->cells, s->changes, s->n_changes));
    return reload_written(w, true);
}

static int unpatch(const struct plan_executor *e, struct worker *w, const struct rsl_strike *s) {
    if (!is_integer(e)) return change(e, w, s, true);
    RSL_TRY(rsl_integer_undo(&w->integer));
    return reload_written(w, false);
}

/* ---- a trial ---- */

static bool reads_change(const struct worker *w, size_t step) {
    const struct rsl_node *n = rsl_plan_step_node(w->plan, step);
    for (int k = 0; k < rsl_plan_step_inputs(w->plan, step); k++) {
        int buffer = rsl_plan_step_in(w->plan, step, k).buffer;
        if (buffer != RSL_ABSENT && w->dirty[buffer]) return true;
        if (n && n->in[k] != RSL_ABSENT && w->changed[n->in[k]]) return true;
    }
    return false;
}

static void mark_outputs(struct worker *w, size_t step) {
    for (int k = 0; k < rsl_plan_step_outputs(w->plan, step); k++) {
        int b = rsl_plan_step_out(w->plan, step, k).buffer;
        if (b != RSL_ABSENT) w->dirty[b] = true;
    }
}

/* Are the outputs still golden? */
static void compare(const struct plan_executor *e, struct worker *w, size_t step) {
    size_t bytes;
    for (int k = 0; k < rsl_plan_step_outputs(w->plan, step); k++) {
        int b = rsl_plan_step_out(w->plan, step, k).buffer;
        if (b == RSL_ABSENT) continue;
        const void *is = rsl_plan_buffer(w->plan, (size_t)b, &bytes);
        w->dirty[b] = memcmp(is, e->golden + e->place[b], bytes) != 0;
    }
}

static int run_step(struct plan_executor *e, struct worker *w, size_t step) {
    bool any = false;
    bool struck = rsl_strokes_any(&w->strokes, step + 1);
    int rc = struck ? rsl_strokes_on_inputs(&w->strokes, step, e->base.n, &any) : RSL_OK;
    if (rc == RSL_OK && (any || e->options.naive || reads_change(w, step))) {
        if (!e->options.naive) mark_outputs(w, step);
        rc = rsl_plan_run_steps(w->plan, step, step + 1);
        if (rc == RSL_OK && !e->options.naive) compare(e, w, step);
    }
    rsl_strokes_undo(&w->strokes);
    if (rc == RSL_OK && struck)
        rc = rsl_strokes_on_values(&w->strokes, step + 1, e->base.n, w->dirty);
    return rc;
}

static int run_steps(struct plan_executor *e, struct worker *w) {
    RSL_TRY(rsl_strokes_on_values(&w->strokes, RSL_BEFORE_ALL, e->base.n, w->dirty));
    for (size_t i = 0; i < rsl_plan_steps(w->plan); i++) RSL_TRY(run_step(e, w, i));
    return RSL_OK;
}

static int run(struct rsl_executor *base, int worker, const struct rsl_strike *s, float *logits) {
    struct plan_executor *e = (struct plan_executor *)base;
    struct worker *w = &e->workers[worker];
    fetch_golden(e, w);
    int rc = rsl_strokes_sort(&w->strokes, s);
    if (rc == RSL_OK) rc = patch(e, w, s);
    if (rc == RSL_OK) rc = run_steps(e, w);
    if (rc == RSL_OK)
        memcpy(logits, rsl_plan_output(w->plan, 0)->data,
               (size_t)base->n * (size_t)base->classes * sizeof *logits);
    int undone = unpatch(e, w, s);
    for (size_t i = 0; i < rsl_plan_buffers(w->plan); i++) {
        if (w->dirty[i]) restore(e, w, i);
        w->dirty[i] = false;
    }
    return rc < 0 ? rc : undone;
}

const struct rsl_executor_kind rsl_executor_plan = {
    .name = "plan",
    .make = make,
    .free = free_executor,
    .golden = golden,
    .run = run,
};
