/* Measuring one candidate: its fault-free accuracy, its campaign, its time beside that
 * of eight bits. */
#include "base/status.h"
#include "base/vec.h"
#include "campaign/timing.h"
#include "memory/packed_race.h"
#include "search/explore_int.h"

#include <math.h>
#include <string.h>

struct view {
    struct rsl_explore *e;
    const char *storage;
};

static int tell(const struct view *v, const char *phase, int64_t done, int64_t planned) {
    const struct rsl_explore_options *o = &v->e->options;
    const struct rsl_explore_progress p = {.storage = v->storage,
                                           .candidate = (int)v->e->candidates.n + 1,
                                           .phase = phase,
                                           .done = done,
                                           .planned = planned};
    return o->progress ? o->progress(o->context, &p) : 0;
}

static int on_progress(void *context, const struct rsl_campaign_progress *p) {
    return tell(context, p->phase, p->done, p->planned);
}

struct rsl_campaign_options rsl_explore_campaign(struct rsl_explore *e, const char *storage) {
    const struct rsl_explore_options *o = &e->options;
    return (struct rsl_campaign_options){.fault = o->fault,
                                         .rates = o->rates,
                                         .n_rates = o->n_rates,
                                         .regions = o->regions,
                                         .storage = storage,
                                         .images = o->images,
                                         .preprocess = o->preprocess,
                                         .compute = o->compute,
                                         .trials = o->trials,
                                         .margin = o->margin,
                                         .confidence = o->confidence,
                                         .seed = o->seed,
                                         .threads = o->threads,
                                         .store = o->store,
                                         .model_name = o->model_name,
                                         .command = o->command};
}

/* ---- time ---- */

static int64_t batch_of(const struct rsl_explore_options *o) {
    return o->batch > 0 ? o->batch : 1;
}

/* The reference is compared with itself: its ratio is 1. */
static int race(struct rsl_explore *e, struct rsl_campaign *campaign, struct rsl_candidate *c) {
    const struct rsl_explore_options *o = &e->options;
    const struct rsl_packed_race_options options = {
        .batch = o->batch, .threads = o->threads, .seconds = o->seconds, .seed = o->seed};
    const char *const storages[] = {c->storage, e->reference};
    int n = strcmp(c->storage, e->reference) == 0 ? 1 : 2;
    struct rsl_campaign_facts facts;
    struct rsl_packed_time t[2];
    RSL_TRY(rsl_packed_race(e->model, storages, n, &options, t));
    rsl_campaign_facts(campaign, &facts);
    c->seconds = t[0].whole;
    c->time_ratio = t[0].whole / t[n - 1].whole;
    const struct rsl_store_timing timing = {.baseline = e->reference,
                                            .batch = batch_of(o),
                                            .threads = facts.threads,
                                            .seconds = c->seconds,
                                            .ratio = c->time_ratio,
                                            .kernel = t[0].kernel};
    return rsl_campaign_set_timing(campaign, &timing);
}

/* Measured as it would be now. */
static bool is_as_asked(const struct rsl_explore *e, const struct rsl_campaign *campaign,
                        const struct rsl_store_timing *t) {
    struct rsl_campaign_facts facts;
    rsl_campaign_facts(campaign, &facts);
    return strcmp(t->baseline, e->reference) == 0 && t->batch == batch_of(&e->options) &&
           t->threads == facts.threads;
}

/* A time that the store has is not measured again. */
static int find_time(struct rsl_explore *e, struct rsl_campaign *campaign, struct rsl_candidate *c,
                     const struct view *v) {
    struct rsl_store_timing t;
    c->seconds = c->time_ratio = NAN;
    int got = rsl_campaign_timing(campaign, &e->arena, &t);
    RSL_TRY(got);
    if (got && is_as_asked(e, campaign, &t)) {
        c->seconds = t.seconds;
        c->time_ratio = t.ratio;
        return RSL_OK;
    }
    if (e->options.seconds < 0) return RSL_OK;
    if (tell(v, "timing", 0, 0)) return rsl_fail(RSL_EINTERRUPTED, "stopped");
    return race(e, campaign, c);
}

/* ---- all of it ---- */

static int take_results(struct rsl_explore *e, const struct rsl_campaign *campaign,
                        struct rsl_candidate *c) {
    c->at = rsl_arena_array(&e->arena, (size_t)e->options.n_rates, sizeof *c->at);
    if (!c->at) return RSL_ENOMEM;
    for (int i = 0; i < e->options.n_rates; i++)
        RSL_TRY(rsl_campaign_result(campaign, i, &c->at[i]));
    c->injected = true;
    return RSL_OK;
}

static int measure(struct rsl_explore *e, struct rsl_campaign *campaign, struct rsl_candidate *c,
                   bool gate, struct view *v) {
    struct rsl_campaign_facts facts;
    rsl_campaign_facts(campaign, &facts);
    c->storage = v->storage = rsl_arena_strdup(&e->arena, facts.storage);
    if (!c->storage) return RSL_ENOMEM;
    c->weights = facts.weights;
    c->weight_bits = facts.weight_bits;
    c->scale_bits = facts.scale_bits;
    RSL_TRY(rsl_campaign_golden(campaign, &c->golden));
    if (!gate || c->golden >= e->accuracy_min) {
        RSL_TRY(rsl_campaign_run(campaign));
        RSL_TRY(take_results(e, campaign, c));
    }
    return find_time(e, campaign, c, v);
}

int rsl_explore_measure(struct rsl_explore *e, const struct rsl_candidate *what, bool gate) {
    struct rsl_campaign_options o = rsl_explore_campaign(e, what->storage);
    struct rsl_candidate c = *what;
    struct view view = {e, what->storage};
    struct rsl_campaign *campaign;
    o.progress = on_progress;
    o.context = &view;
    RSL_TRY(rsl_campaign_new(&campaign, e->model, e->data, &o));
    int rc = measure(e, campaign, &c, gate, &view);
    rsl_campaign_free(campaign);
    if (rc < 0) return rc;
    return rsl_vec_push(&e->candidates, c);
}
