/* The executor for trials with so many faults in parameters that they reach nearly everything: it
 * runs the whole network, as fast as it runs without faults: normalizations folded into
 * convolutions, activations fused, memory reused.
 *
 * A changed weight of a folded convolution changes one folded weight; any other changed number of
 * it has the layer folded anew. Kernels take the changed elements of constants before a trial,
 * together with those that the trial before had changed; constants that are written as a whole are
 * taken anew. Plans work with one thread each, so that no sum depends on how many workers there
 * are. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "campaign/decoded.h"
#include "campaign/executor_int.h"
#include "campaign/touched.h"
#include "graph/fuse.h"
#include "memory/integer_network.h"

#include <string.h>

enum { SOURCES = 6 }; /* of a folded convolution: W, b, scale, shift, mean, variance */

/* A convolution with folded normalization; values of the network's graph and of the plan's. */
struct folded {
    int source[SOURCES]; /* b: RSL_ABSENT when there is none */
    int weight, bias;    /* of the plan */
    double epsilon;
};

/* What a tensor of the image is to the plan. */
struct link {
    int value;  /* of the plan, read as it is; or RSL_ABSENT */
    int folded; /* index; or RSL_ABSENT */
    int source; /* ... as which it goes in */
};

struct worker {
    struct rsl_decoded network;         /* of floats, or */
    struct rsl_integer_network integer; /* of integers: RSL_MODE_INT8 */
    struct rsl_plan *plan;
    struct {
        struct was {
            int tensor;
            int64_t index;
            float value;
        } * at;
        size_t n, cap;
    } changed; /* as they were before, to be put back */
    struct rsl_touched touched;
    bool *stale; /* [values] of the plan, or of the integer network: constants to be taken anew */
    bool *whole; /* [folded] to be folded anew as a whole */
};

struct whole_executor {
    struct rsl_executor base;
    const struct rsl_memory *image;
    struct rsl_executor_options options;
    struct worker *workers;
    struct link *links;    /* [image->n] */
    struct folded *folded; /* [n_folded] */
    int n_folded;
    float *images; /* of the tile */
    size_t pixels; /* of an image */
};

static bool is_integer(const struct whole_executor *e) {
    return e->options.compute == RSL_MODE_INT8;
}

/* ---- what becomes of parameters in the plan ---- */

static int tensor_of(const struct whole_executor *e, const struct rsl_decoded *d, int value) {
    for (int i = 0; i < e->image->n; i++)
        if (d->value[i] == value) return i;
    return RSL_ABSENT;
}

/* Notes what a parameter is to the plan; a second part is one too many. */
static bool link_to(struct whole_executor *e, int tensor, struct link link) {
    struct link *l = &e->links[tensor];
    bool same = l->value == link.value && l->folded == link.folded;
    if ((l->value != RSL_ABSENT || l->folded != RSL_ABSENT) && !same) return false;
    *l = link;
    return true;
}

static bool link_folded(struct whole_executor *e, const struct rsl_decoded *d,
                        const struct rsl_node *n, const struct rsl_attr *from) {
    struct folded *f = &e->folded[e->n_folded];
    f->weight = n->in[1];
    f->bias = n->in[2];
    f->epsilon = (double)rsl_node_float(n, "folded_epsilon", 1e-5f);
    for (int k = 0; k < SOURCES; k++) {
        f->source[k] =
            from->strings[k][0] ? rsl_graph_find(&d->graph, from->strings[k]) : RSL_ABSENT;
        if (f->source[k] == RSL_ABSENT) continue;
        int tensor = tensor_of(e, d, f->source[k]);
        if (tensor != RSL_ABSENT && !link_to(e, tensor, (struct link){RSL_ABSENT, e->n_folded, k}))
            return false;
    }
    e->n_folded++;
    return true;
}

/* Constants that a step reads under the name they have in the network. */
static bool link_inputs(struct whole_executor *e, const struct rsl_decoded *d,
                        const struct rsl_graph *g, const struct rsl_node *n) {
    for (int k = 0; k < n->n_in; k++) {
        if (n->in[k] == RSL_ABSENT) continue;
        int v = rsl_graph_find(&d->graph, g->values.at[n->in[k]].name);
        int tensor = v == RSL_ABSENT ? RSL_ABSENT : tensor_of(e, d, v);
        if (tensor != RSL_ABSENT && !link_to(e, tensor, (struct link){n->in[k], RSL_ABSENT, 0}))
            return false;
    }
    return true;
}

/* Whether the plan has made another constant of a parameter, which would not follow. */
static bool any_folded(const struct whole_executor *e, const struct rsl_decoded *d,
                       const struct rsl_graph *g) {
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        if (n->n_out == 0 || n->out[0] == RSL_ABSENT || !g->values.at[n->out[0]].tensor.data)
            continue;
        for (int k = 0; k < n->n_in; k++) {
            int v = n->in[k] == RSL_ABSENT ? RSL_ABSENT
                                           : rsl_graph_find(&d->graph, g->values.at[n->in[k]].name);
            if (v != RSL_ABSENT && tensor_of(e, d, v) != RSL_ABSENT) return true;
        }
    }
    return false;
}

/* Every parameter must be read by the plan in one way: as it is, or folded into one convolution. */
static bool link_all(struct whole_executor *e) {
    const struct worker *w = &e->workers[0];
    const struct rsl_graph *g = rsl_plan_graph(w->plan);
    for (int i = 0; i < e->image->n; i++) e->links[i] = (struct link){RSL_ABSENT, RSL_ABSENT, 0};
    if (any_folded(e, &w->network, g)) return false;
    for (size_t i = 0; i < rsl_plan_steps(w->plan); i++) {
        const struct rsl_node *n = rsl_plan_step_node(w->plan, i);
        const struct rsl_attr *from = n ? rsl_node_attr(n, "folded_from") : NULL;
        if (!n) continue;
        if (!(from ? link_folded(e, &w->network, n, from) : link_inputs(e, &w->network, g, n)))
            return false;
    }
    for (int i = 0; i < e->image->n; i++) {
        const struct link *l = &e->links[i];
        int v = w->network.value[i];
        if (v == RSL_ABSENT) continue; /* scales and zero points: their weights change */
        if (w->network.graph.values.at[v].tensor.dtype != RSL_f32) return false;
        if (l->value == RSL_ABSENT && l->folded == RSL_ABSENT) return false;
    }
    return true;
}

/* ---- making ---- */

static const struct rsl_graph *graph_of(const struct whole_executor *e, const struct worker *w) {
    return is_integer(e) ? &w->integer.graph : &w->network.graph;
}

static const struct rsl_graph *stale_graph(const struct whole_executor *e, const struct worker *w) {
    return is_integer(e) ? &w->integer.graph : rsl_plan_graph(w->plan);
}

static int init_worker(struct whole_executor *e, struct worker *w, const struct rsl_graph *g) {
    const struct rsl_plan_options o = {.batch = e->base.tile,
                                       .threads = 1,
                                       .compute = e->options.compute,
                                       .reference = e->options.reference,
                                       .fuse = !is_integer(e)};
    if (is_integer(e))
        RSL_TRY(rsl_integer_init(&w->integer, g, e->image, NULL, e->options.ranges));
    else
        RSL_TRY(rsl_decoded_init(&w->network, g, e->image));
    RSL_TRY(rsl_plan_new(&w->plan, graph_of(e, w), &o));
    w->stale = rsl_calloc(stale_graph(e, w)->values.n, sizeof *w->stale);
    w->whole = rsl_calloc(rsl_plan_graph(w->plan)->nodes.n + 1, sizeof *w->whole);
    return w->stale && w->whole ? RSL_OK : RSL_ENOMEM;
}

static void free_worker(struct worker *w) {
    rsl_plan_free(w->plan);
    rsl_decoded_free(&w->network);
    rsl_integer_free(&w->integer);
    rsl_free(w->changed.at);
    rsl_touched_free(&w->touched);
    rsl_free(w->stale);
    rsl_free(w->whole);
}

static int check_output(struct whole_executor *e) {
    const struct rsl_tensor *y = rsl_plan_output(e->workers[0].plan, 0);
    if (y->dtype != RSL_f32 || y->shape.rank < 2 || y->shape.dim[0] != e->base.tile)
        return rsl_fail(RSL_EUNSUPPORTED, "the output is not one row of scores per image");
    int64_t classes = rsl_shape_span(&y->shape, 1, y->shape.rank);
    if (classes < 1 || classes > 1 << 24)
        return rsl_fail(RSL_EUNSUPPORTED, "%lld scores per image", (long long)classes);
    e->base.classes = (int)classes;
    return RSL_OK;
}

static int reserve(struct whole_executor *e, const struct rsl_graph *g) {
    size_t nodes = g->nodes.n + 1, tile = (size_t)e->base.tile;
    e->links = rsl_calloc((size_t)e->image->n, sizeof *e->links);
    e->folded = rsl_calloc(nodes, sizeof *e->folded);
    e->pixels = rsl_tensor_bytes(rsl_plan_input(e->workers[0].plan, 0)) / sizeof(float) / tile;
    e->images = rsl_calloc(tile * e->pixels, sizeof *e->images);
    e->base.golden_logits = rsl_calloc(tile * (size_t)e->base.classes, sizeof(float));
    return e->links && e->folded && e->images && e->base.golden_logits ? RSL_OK : RSL_ENOMEM;
}

static int fill(struct whole_executor *e, const struct rsl_graph *g) {
    const struct rsl_shape *x = &g->values.at[g->inputs.at[0]].tensor.shape;
    int64_t fixed = x->rank > 0 ? x->dim[0] : -1;
    int tile = e->options.tile > 0 ? e->options.tile : RSL_TILE;
    if (fixed > RSL_TILE) return rsl_fail(RSL_EUNSUPPORTED, "a batch of %lld", (long long)fixed);
    e->base.tile = fixed > 0 ? (int)fixed : tile;
    e->workers = rsl_calloc((size_t)e->base.workers, sizeof *e->workers);
    if (!e->workers) return RSL_ENOMEM;
    for (int i = 0; i < e->base.workers; i++) RSL_TRY(init_worker(e, &e->workers[i], g));
    RSL_TRY(check_output(e));
    RSL_TRY(reserve(e, g));
    if (is_integer(e) || link_all(e)) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "a parameter goes into the plan in more than one way");
}

static void free_executor(struct rsl_executor *base) {
    struct whole_executor *e = (struct whole_executor *)base;
    for (int i = 0; e->workers && i < base->workers; i++) free_worker(&e->workers[i]);
    rsl_free(e->workers);
    rsl_free(e->links);
    rsl_free(e->folded);
    rsl_free(e->images);
    rsl_free(base->golden_logits);
    rsl_free(e);
}

static int make(struct rsl_executor **executor, const struct rsl_graph *g,
                const struct rsl_memory *image, const struct rsl_executor_options *o) {
    if (!o->dense || o->n_activations > 0)
        return rsl_fail(RSL_EUNSUPPORTED, "whole networks are for many faults in parameters");
    if (o->compute == RSL_MODE_INT8 && !o->ranges)
        return rsl_fail(RSL_EARG, "compute mode int8 needs the ranges of activations");
    struct whole_executor *e = rsl_calloc(1, sizeof *e);
    if (!e) return RSL_ENOMEM;
    e->base.workers = o->workers;
    e->image = image;
    e->options = *o;
    int rc = fill(e, g);
    if (rc < 0)
        free_executor(&e->base);
    else
        *executor = &e->base;
    return rc;
}

/* ---- parameters ---- */

static struct rsl_fold sources_of(const struct worker *w, const struct folded *f) {
    const struct rsl_tensor *t[SOURCES];
    for (int k = 0; k < SOURCES; k++)
        t[k] = f->source[k] == RSL_ABSENT ? NULL : &w->network.graph.values.at[f->source[k]].tensor;
    int64_t channels = t[0]->shape.dim[0];
    return (struct rsl_fold){.w = t[0]->data,
                             .b = t[1] ? t[1]->data : NULL,
                             .scale = t[2]->data,
                             .shift = t[3]->data,
                             .mean = t[4]->data,
                             .var = t[5]->data,
                             .epsilon = f->epsilon,
                             .channels = channels,
                             .each = rsl_tensor_count(t[0]) / channels};
}

static float *constant_of(const struct worker *w, int value) {
    return rsl_plan_graph(w->plan)->values.at[value].tensor.data;
}

static int set(struct whole_executor *e, struct worker *w, int tensor, int64_t index, float value) {
    const struct link *l = &e->links[tensor];
    rsl_decoded_set(&w->network, tensor, index, value);
    if (l->folded == RSL_ABSENT) /* the plan reads the network's own memory */
        return rsl_touch(&w->touched, l->value, index);
    const struct folded *f = &e->folded[l->folded];
    if (l->source == 0) {
        struct rsl_fold s = sources_of(w, f);
        constant_of(w, f->weight)[index] =
            (float)((double)value * rsl_fold_factor(&s, index / s.each));
        return rsl_touch(&w->touched, f->weight, index);
    }
    w->whole[l->folded] = w->stale[f->weight] = w->stale[f->bias] = true;
    return RSL_OK;
}

/* Kernels take what has changed. */
static int reload(struct whole_executor *e, struct worker *w) {
    const struct rsl_graph *g = stale_graph(e, w);
    for (int i = 0; i < e->n_folded; i++) {
        if (!w->whole[i]) continue;
        struct rsl_fold s = sources_of(w, &e->folded[i]);
        rsl_fold_all(&s, constant_of(w, e->folded[i].weight), constant_of(w, e->folded[i].bias));
        w->whole[i] = false;
    }
    for (size_t v = 0; v < g->values.n; v++) {
        if (!w->stale[v]) continue;
        RSL_TRY(rsl_plan_reload(w->plan, g->values.at[v].name));
        w->stale[v] = false;
    }
    return rsl_touched_take(&w->touched, w->plan);
}

static void mark_written(struct worker *w) {
    for (size_t i = 0; i < w->integer.written.n; i++) w->stale[w->integer.written.at[i]] = true;
}

/* From the parameters of the last trial to those of this; NULL: without faults. */
static int patch(struct whole_executor *e, struct worker *w, const struct rsl_strike *s) {
    if (is_integer(e)) {
        RSL_TRY(rsl_integer_undo(&w->integer));
        mark_written(w);
        if (s) RSL_TRY(rsl_integer_apply(&w->integer, s->cells, s->changes, s->n_changes));
        mark_written(w);
        return reload(e, w);
    }
    for (size_t i = w->changed.n; i-- > 0;)
        RSL_TRY(set(e, w, w->changed.at[i].tensor, w->changed.at[i].index, w->changed.at[i].value));
    w->changed.n = 0;
    for (size_t i = 0; s && i < s->n_changes; i++) {
        const struct rsl_change *c = &s->changes[i];
        if (w->network.value[c->tensor] == RSL_ABSENT) continue;
        const struct was was = {c->tensor, c->index, c->before};
        RSL_TRY(rsl_vec_push(&w->changed, was));
        RSL_TRY(set(e, w, c->tensor, c->index, c->after));
    }
    return reload(e, w);
}

/* ---- running ---- */

/* Inputs share memory with what comes later: they are written for every run. */
static int run_whole(struct whole_executor *e, struct worker *w, float *logits) {
    struct rsl_tensor *x = rsl_plan_input(w->plan, 0);
    memcpy(x->data, e->images, rsl_tensor_bytes(x));
    RSL_TRY(rsl_plan_run(w->plan));
    memcpy(logits, rsl_plan_output(w->plan, 0)->data,
           (size_t)e->base.n * (size_t)e->base.classes * sizeof *logits);
    return RSL_OK;
}

static void take_images(struct rsl_executor *base, const float *images, int n) {
    struct whole_executor *e = (struct whole_executor *)base;
    size_t used = (size_t)n * e->pixels, all = (size_t)base->tile * e->pixels;
    memcpy(e->images, images, used * sizeof *images);
    memset(e->images + used, 0, (all - used) * sizeof *images);
}

static int golden(struct rsl_executor *base, const float *images, int n) {
    struct whole_executor *e = (struct whole_executor *)base;
    take_images(base, images, n);
    RSL_TRY(patch(e, &e->workers[0], NULL));
    return run_whole(e, &e->workers[0], base->golden_logits);
}

static int run(struct rsl_executor *base, int worker, const struct rsl_strike *s, float *logits) {
    struct whole_executor *e = (struct whole_executor *)base;
    if (s->n_changes == 0 && !e->options.naive) {
        memcpy(logits, base->golden_logits,
               (size_t)base->n * (size_t)base->classes * sizeof *logits);
        return RSL_OK;
    }
    RSL_TRY(patch(e, &e->workers[worker], s));
    return run_whole(e, &e->workers[worker], logits);
}

const struct rsl_executor_kind rsl_executor_whole = {
    .name = "whole",
    .make = make,
    .free = free_executor,
    .golden = golden,
    .recall = take_images,
    .run = run,
};
