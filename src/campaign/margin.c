/* A point until its margin is reached: the stages that the stopping rule plans, each as groups.
 * Stopping knows outcomes only in the order of k; trials of a stage are done in any. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "campaign/campaign_int.h"

#include <string.h>

enum { MOST_TRIALS = 1 << 24, MOST_BLOCK = 4096 };

struct margin {
    struct rsl_campaign *c;
    struct rsl_point *p;
    struct rsl_stopping stopping;
    struct {
        struct outcome {
            bool there;
            struct rsl_store_trial is;
        } * at; /* by k */
        size_t n, cap;
    } outcomes;
    struct {
        struct rsl_job *at;
        size_t n, cap;
    } jobs;
};

static struct rsl_stopping_outcome outcome_of(const struct rsl_store_trial *t) {
    return (struct rsl_stopping_outcome){.images = t->images,
                                         .correct = t->correct,
                                         .golden_correct = t->golden_correct,
                                         .sdc = t->sdc};
}

static int note(struct margin *m, const struct rsl_store_trial *t) {
    if (t->k >= MOST_TRIALS) return RSL_OK;
    while (m->outcomes.n <= (size_t)t->k) RSL_TRY(rsl_vec_push(&m->outcomes, (struct outcome){0}));
    m->outcomes.at[t->k] = (struct outcome){true, *t};
    return RSL_OK;
}

static bool known(const struct margin *m, int64_t k) {
    return (size_t)k < m->outcomes.n && m->outcomes.at[k].there;
}

static int read_store(struct margin *m) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial t;
    if (!m->c->store) return RSL_OK;
    RSL_TRY(rsl_store_scan(m->c->store, m->p->id, 0, &cursor));
    int rc = rsl_store_step(cursor, &t);
    while (rc > 0) {
        rc = note(m, &t);
        if (rc == RSL_OK) rc = rsl_store_step(cursor, &t);
    }
    rsl_store_scan_end(cursor);
    return rc;
}

/* Jobs for what the stage lacks, as many as a group has. */
static int fill_group(struct margin *m) {
    const struct rsl_stopping *s = &m->stopping;
    m->jobs.n = 0;
    size_t size = 1;
    for (int64_t k = s->done; k < s->end && m->jobs.n < size; k++) {
        struct rsl_stopping_trial t = rsl_stopping_trial(s, k);
        if (known(m, k)) continue;
        size = rsl_campaign_group_size(m->c, t.images);
        struct rsl_job job = {.point = m->p->faults,
                              .owner = (int)(m->p - m->c->points),
                              .k = (uint64_t)k,
                              .record = {.first = t.first, .images = t.images, .stratum = t.bin}};
        RSL_TRY(rsl_vec_push(&m->jobs, job));
    }
    return RSL_OK;
}

/* Adds what is known of the stage, in order; when all of it is, the next one is planned. */
static int look(struct margin *m) {
    struct rsl_stopping *s = &m->stopping;
    while (!s->reason && known(m, s->done)) {
        struct rsl_stopping_outcome o = outcome_of(&m->outcomes.at[s->done].is);
        RSL_TRY(rsl_stopping_add(s, &o));
    }
    m->c->trials_planned = m->c->trials_done + s->end - s->done;
    return RSL_OK;
}

static int run_stages(struct margin *m) {
    RSL_TRY(read_store(m));
    RSL_TRY(look(m));
    while (!m->stopping.reason) {
        RSL_TRY(fill_group(m));
        RSL_TRY(rsl_campaign_group(m->c, m->jobs.at, m->jobs.n));
        for (size_t i = 0; i < m->jobs.n; i++) RSL_TRY(note(m, &m->jobs.at[i].record));
        RSL_TRY(look(m));
    }
    for (int64_t k = 0; k < m->stopping.done; k++)
        RSL_TRY(rsl_point_add(m->p, &m->outcomes.at[k].is));
    return rsl_campaign_finish_point(m->c, m->p, m->stopping.reason);
}

/* A block is at least a tile, for a tile costs the same however few images it has. */
static struct rsl_stopping_design design_of(const struct rsl_campaign *c,
                                            const struct rsl_point *p) {
    const struct rsl_fault_bins *bins = rsl_point_faults_bins(p->faults);
    int64_t limit = rsl_point_faults_limit(p->faults), tile = rsl_crew_tile(c->crew);
    int64_t most = c->n_images < MOST_BLOCK ? c->n_images : MOST_BLOCK;
    if (tile > most) tile = most;
    return (struct rsl_stopping_design){.quantity = c->quantity,
                                        .margin = c->options.margin,
                                        .confidence = c->options.confidence,
                                        .golden = (double)c->golden_correct / (double)c->n_images,
                                        .images = c->n_images,
                                        .least_block = (int)tile,
                                        .most_block = (int)most,
                                        .trial_cost = 1,
                                        .most_trials = limit < MOST_TRIALS ? limit : MOST_TRIALS,
                                        .weights = bins->n > 1 ? bins->weights : NULL,
                                        .n_bins = bins->n > 1 ? bins->n : 0,
                                        .seed = c->options.seed};
}

int rsl_campaign_run_margin(struct rsl_campaign *c, struct rsl_point *p) {
    struct margin m = {.c = c, .p = p};
    struct rsl_stopping_design design = design_of(c, p);
    RSL_TRY(rsl_stopping_init(&m.stopping, &design));
    int rc = run_stages(&m);
    rsl_stopping_free(&m.stopping);
    rsl_free(m.outcomes.at);
    rsl_free(m.jobs.at);
    return rc;
}
