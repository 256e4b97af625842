/* The executor for networks that src/replay takes, in float32: what is computed follows exactly
 * what the faults reach. Values that hits strike are computed one by one; a fault in what one
 * reader sees strikes the output of an Identity that is put before it. */
#include "campaign/decoded.h"
#include "campaign/executor_int.h"
#include "replay/replay.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"

#include <string.h>

struct worker {
    struct rsl_replay_worker *run;
    struct {
        struct rsl_replay_hit *at;
        size_t n, cap;
    } hits;
    struct {
        struct stroke {
            const struct rsl_strike_hits *group;
            const struct rsl_hit *hit;
        } * at;
        size_t n, cap;
    } strokes; /* of each of `hits` */
};

struct replay_executor {
    struct rsl_executor base;
    struct rsl_decoded network;
    struct rsl_replay *replay;
    struct worker *workers;
    /* The value to strike in place of what a reader sees: its own Identity's output. */
    const struct rsl_activation *activations;
    int n_activations;
    int *own; /* [n_activations], or RSL_ABSENT */
};

static void free_executor(struct rsl_executor *base) {
    struct replay_executor *e = (struct replay_executor *)base;
    for (int i = 0; e->workers && i < base->workers; i++) {
        rsl_replay_worker_free(e->workers[i].run);
        rsl_free(e->workers[i].hits.at);
        rsl_free(e->workers[i].strokes.at);
    }
    rsl_free(e->workers);
    rsl_replay_free(e->replay);
    rsl_decoded_free(&e->network);
    rsl_free(e->own);
    rsl_free(base->golden_logits);
    rsl_free(e);
}

/* ---- making ---- */

static int separate_reader(struct rsl_graph *g, const struct rsl_activation *a, int *own) {
    *own = rsl_graph_fresh(g, "seen");
    if (*own < 0) return *own;
    RSL_TRY(rsl_graph_add_node(g, rsl_op_find("", "Identity"), "", &a->value, 1, own, 1));
    struct rsl_node *reader = &g->nodes.at[a->node];
    for (int i = 0; i < reader->n_in; i++)
        if (reader->in[i] == a->value) reader->in[i] = *own;
    return RSL_OK;
}

/* The visible values; `visible` has one for each activation. */
static int find_visible(struct replay_executor *e, int *visible) {
    for (int i = 0; i < e->n_activations; i++) {
        const struct rsl_activation *a = &e->activations[i];
        e->own[i] = RSL_ABSENT;
        if (a->node != RSL_ABSENT) RSL_TRY(separate_reader(&e->network.graph, a, &e->own[i]));
        visible[i] = a->node == RSL_ABSENT ? a->value : e->own[i];
    }
    return rsl_graph_check(&e->network.graph);
}

static bool is_read(const struct rsl_graph *g, int value) {
    for (size_t i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i].n_in; k++)
            if (g->nodes.at[i].in[k] == value) return true;
    return false;
}

/* Every parameter of the image that matters can be changed. */
static int check_parameters(const struct replay_executor *e, const struct rsl_memory *image) {
    for (int i = 0; i < image->n; i++) {
        int v = e->network.value[i];
        if (v == RSL_ABSENT || rsl_replay_can_change(e->replay, v)) continue;
        if (is_read(&e->network.graph, v))
            return rsl_fail(RSL_EUNSUPPORTED, "parameter '%s' cannot be changed in a replay",
                            image->tensors[i].name);
    }
    return RSL_OK;
}

static int make_replay(struct replay_executor *e, const struct rsl_executor_options *o) {
    int *visible = rsl_calloc((size_t)o->n_activations + 1, sizeof *visible);
    if (!visible) return RSL_ENOMEM;
    struct rsl_replay_options options = {.visible = visible,
                                         .n_visible = o->n_activations,
                                         .threads = o->workers,
                                         .tile = o->tile,
                                         .naive = o->naive};
    int rc = find_visible(e, visible);
    if (rc >= 0) rc = rsl_replay_new(&e->replay, &e->network.graph, &options);
    rsl_free(visible);
    return rc;
}

static int fill(struct replay_executor *e, const struct rsl_graph *g,
                const struct rsl_memory *image, const struct rsl_executor_options *o) {
    e->own = rsl_calloc((size_t)o->n_activations + 1, sizeof *e->own);
    e->workers = rsl_calloc((size_t)o->workers, sizeof *e->workers);
    if (!e->own || !e->workers) return RSL_ENOMEM;
    RSL_TRY(rsl_decoded_init(&e->network, g, image));
    RSL_TRY(make_replay(e, o));
    RSL_TRY(check_parameters(e, image));
    for (int i = 0; i < o->workers; i++)
        RSL_TRY(rsl_replay_worker_new(&e->workers[i].run, e->replay));
    e->base.tile = rsl_replay_tile(e->replay);
    if (o->tile > 0 && o->tile < e->base.tile) e->base.tile = o->tile;
    e->base.classes = rsl_replay_outputs(e->replay);
    e->base.golden_logits =
        rsl_calloc((size_t)(e->base.tile * e->base.classes), sizeof *e->base.golden_logits);
    return e->base.golden_logits ? RSL_OK : RSL_ENOMEM;
}

static int make(struct rsl_executor **executor, const struct rsl_graph *g,
                const struct rsl_memory *image, const struct rsl_executor_options *o) {
    if (o->compute != RSL_MODE_F32 || o->reference)
        return rsl_fail(RSL_EUNSUPPORTED, "a replay computes in f32");
    if (o->dense) /* little can be skipped, and oneDNN is faster at whole layers */
        return rsl_fail(RSL_EUNSUPPORTED, "a replay is for faults that reach a part of a network");
    struct replay_executor *e = rsl_calloc(1, sizeof *e);
    if (!e) return RSL_ENOMEM;
    e->base.workers = o->workers;
    e->activations = o->activations;
    e->n_activations = o->n_activations;
    int rc = fill(e, g, image, o);
    if (rc < 0)
        free_executor(&e->base);
    else
        *executor = &e->base;
    return rc;
}

/* ---- running ---- */

static int golden(struct rsl_executor *base, const float *images, int n) {
    struct replay_executor *e = (struct replay_executor *)base;
    RSL_TRY(rsl_replay_golden(e->replay, images, n));
    memcpy(base->golden_logits, rsl_replay_golden_output(e->replay),
           (size_t)(n * base->classes) * sizeof *base->golden_logits);
    return RSL_OK;
}

static float strike_element(const void *context, size_t hit, float value) {
    const struct worker *w = context;
    const struct stroke *s = &w->strokes.at[hit];
    return rsl_hit_value(s->group->model, &s->group->sites[s->hit->site], s->hit, value);
}

/* The value that a site is. */
static int value_of(const struct replay_executor *e, const struct rsl_activation *a) {
    if (a->node == RSL_ABSENT) return a->value;
    for (int i = 0; i < e->n_activations; i++)
        if (e->activations[i].node == a->node && e->activations[i].value == a->value)
            return e->own[i];
    return a->value;
}

static int collect_hits(const struct replay_executor *e, struct worker *w,
                        const struct rsl_strike *s) {
    w->hits.n = w->strokes.n = 0;
    for (int k = 0; k < s->n_hits; k++) {
        const struct rsl_strike_hits *group = &s->hits[k];
        for (size_t i = 0; i < group->hits->n; i++) {
            const struct rsl_hit *hit = &group->hits->at[i];
            struct rsl_replay_hit at = {.value = value_of(e, &group->at[hit->site]),
                                        .element = hit->element};
            struct stroke stroke = {.group = group, .hit = hit};
            RSL_TRY(rsl_vec_push(&w->hits, at));
            RSL_TRY(rsl_vec_push(&w->strokes, stroke));
        }
    }
    return RSL_OK;
}

static int run(struct rsl_executor *base, int worker, const struct rsl_strike *s, float *logits) {
    struct replay_executor *e = (struct replay_executor *)base;
    struct worker *w = &e->workers[worker];
    RSL_TRY(collect_hits(e, w, s));
    for (size_t i = 0; i < s->n_changes; i++) {
        const struct rsl_change *c = &s->changes[i];
        int v = e->network.value[c->tensor];
        int rc = v == RSL_ABSENT ? RSL_OK : rsl_replay_change(w->run, v, c->index, c->after);
        if (rc < 0) {
            rsl_replay_drop(w->run);
            return rc;
        }
    }
    struct rsl_replay_hits hits = {
        .n = w->hits.n, .at = w->hits.at, .strike = strike_element, .context = w};
    int rc = rsl_replay_run(w->run, &hits, logits);
    return rc < 0 ? rc : RSL_OK;
}

const struct rsl_executor_kind rsl_executor_replay = {
    .name = "replay", .make = make, .free = free_executor, .golden = golden, .run = run};
