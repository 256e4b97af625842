/* Running campaigns: which trials are missing, in groups that are stored as they are done. See
 * resile/campaign.h. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"
#include "campaign/campaign_int.h"
#include "data/fingerprint.h"
#include "graph/compute.h"
#include "graph/model.h"
#include "resile/provenance.h"
#include "resile/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of a group, in seconds. What a crash may cost, unless so many fault-free runs must be paid. */
static const double shortest_group = 10, longest_group = 600, golden_share = 1.0 / 20;
enum { FIRST_INFERENCES = 1 << 14, MOST_JOBS = 1 << 16, GROWTH = 16, MOST_OUTCOMES = 1 << 29 };

/* ---- sums ---- */

static int clear_point(struct rsl_point *p) {
    struct rsl_store_point s = {.design = p->design,
                                .expected = rsl_point_faults_expected(p->faults),
                                .strata = p->strata,
                                .n_strata = p->strata ? rsl_point_faults_bins(p->faults)->n : 0};
    rsl_estimate_free(&p->estimate);
    rsl_free(p->done.at);
    p->done = (struct rsl_store_done){0};
    p->trials_added = p->faults_drawn = p->bits_changed = 0;
    p->finished_trials = p->images = 0;
    p->reason = NULL;
    return rsl_estimate_init(&p->estimate, &s, NAN);
}

/* Of every run anew: a second one of the same campaign finds in the store what the first has left
 * there, or without a store runs everything again. */
static int clear_sums(struct rsl_campaign *c) {
    c->seconds = 0;
    c->inferences = c->planned = 0;
    c->trials_done = c->trials_planned = 0;
    c->last_group = 0;
    for (int i = 0; i < c->n_points; i++) RSL_TRY(clear_point(&c->points[i]));
    return RSL_OK;
}

int rsl_point_add(struct rsl_point *p, const struct rsl_store_trial *t) {
    RSL_TRY(rsl_estimate_add(&p->estimate, t));
    p->trials_added++;
    p->faults_drawn += t->faults;
    p->bits_changed += t->changed;
    p->images = t->images;
    return RSL_OK;
}

/* ---- a group ---- */

static int on_group_progress(void *context, int64_t done) {
    struct rsl_campaign *c = context;
    struct rsl_campaign_progress p = {.done = c->inferences + done,
                                      .planned = c->planned,
                                      .trials = c->trials_done,
                                      .of = c->trials_planned,
                                      .seconds = rsl_clock() - c->started,
                                      .phase = "trials"};
    return c->options.progress ? c->options.progress(c->options.context, &p) : 0;
}

static int on_golden_progress(void *context, int64_t done) {
    struct rsl_campaign *c = context;
    struct rsl_campaign_progress p = {.done = done,
                                      .planned = c->n_images,
                                      .seconds = rsl_clock() - c->started,
                                      .phase = "fault-free run"};
    return c->options.progress ? c->options.progress(c->options.context, &p) : 0;
}

static int know_golden(struct rsl_campaign *c, const struct rsl_crew_watch *watch) {
    RSL_TRY(rsl_crew_right(c->crew, watch, &c->right));
    c->golden_correct = 0;
    for (int64_t i = 0; i < c->n_images; i++) c->golden_correct += c->right[i];
    return c->store ? rsl_store_golden(c->store, c->id, c->right) : RSL_OK;
}

int rsl_campaign_know_golden(struct rsl_campaign *c) {
    const struct rsl_crew_watch watch = {on_golden_progress, c};
    return know_golden(c, &watch);
}

static int compare_jobs(const void *a, const void *b) {
    const struct rsl_job *x = a, *y = b;
    if (x->owner != y->owner) return x->owner < y->owner ? -1 : 1;
    return (x->k > y->k) - (x->k < y->k);
}

static void tell(struct rsl_campaign *c, const struct rsl_job *job) {
    const struct rsl_store_trial *t = &job->record;
    struct rsl_campaign_trial told = {.point = job->owner,
                                      .k = t->k,
                                      .images = t->images,
                                      .masked = t->masked,
                                      .tolerable = t->tolerable,
                                      .sdc = t->sdc,
                                      .due = t->due,
                                      .due_sdc = t->due_sdc,
                                      .correct = t->correct,
                                      .golden_correct = t->golden_correct,
                                      .faults = t->faults,
                                      .changed = t->changed,
                                      .corrected = t->corrected,
                                      .detected = t->detected,
                                      .missed = t->missed,
                                      .element = job->place.element,
                                      .bit = job->place.bit};
    if (job->place.kind == RSL_IN_MEMORY) told.layer = c->layers[job->place.number];
    if (job->place.kind == RSL_IN_ACTIVATION)
        told.layer = c->points[job->owner].sites[job->place.model][job->place.number];
    c->options.trial(c->options.context, &told);
}

/* Room for the outcomes of each image, in one piece. */
static int give_outcomes(struct rsl_job *jobs, size_t n, uint8_t **room) {
    size_t images = 0;
    for (size_t i = 0; i < n; i++) images += (size_t)jobs[i].record.images;
    uint8_t *at = *room = rsl_calloc(images, 1);
    if (!at) return RSL_ENOMEM;
    for (size_t i = 0; i < n; at += jobs[i++].record.images) jobs[i].outcomes = at;
    return RSL_OK;
}

/* The group is done: its trials go to the store, point by point, and then into the sums. */
static int keep_group(struct rsl_campaign *c, struct rsl_job *jobs, size_t n) {
    qsort(jobs, n, sizeof *jobs, compare_jobs);
    for (size_t i = 0, end; i < n; i = end) {
        struct rsl_point *p = &c->points[jobs[i].owner];
        for (end = i; end < n && jobs[end].owner == jobs[i].owner;) end++;
        RSL_TRY(rsl_campaign_store_trials(c, p, jobs + i, end - i));
        p->finished_trials += (int64_t)(end - i);
        c->trials_done += (int64_t)(end - i);
        for (size_t k = i; k < end; k++) {
            if (c->options.margin == 0) RSL_TRY(rsl_point_add(p, &jobs[k].record));
            if (c->options.trial) tell(c, &jobs[k]);
        }
    }
    return RSL_OK;
}

/* Jobs that are complete come first; how many there are. */
static size_t complete_first(struct rsl_job *jobs, size_t n) {
    size_t complete = 0;
    for (size_t i = 0; i < n; i++) {
        if (!rsl_job_complete(&jobs[i])) continue;
        struct rsl_job job = jobs[i];
        jobs[i] = jobs[complete];
        jobs[complete++] = job;
    }
    return complete;
}

static int run_group(struct rsl_campaign *c, struct rsl_job *jobs, size_t n) {
    struct rsl_crew_watch watch = {on_group_progress, c};
    /* Before, for nothing may come between trials that have run and keeping them. */
    if (!c->right && rsl_crew_golden_apart(c->crew)) RSL_TRY(rsl_campaign_know_golden(c));
    int ran = rsl_ranks_run(c->ranks, c->crew, jobs, n, &watch);
    if (ran < 0 && ran != RSL_EINTERRUPTED) return ran;
    if (ran < 0) n = complete_first(jobs, n);
    if (n == 0) return ran;
    /* Nobody may stop this: the trials that are complete would be lost. */
    if (!c->right) RSL_TRY(know_golden(c, NULL));
    if (c->ranks) RSL_TRY(rsl_campaign_check_ranks(c, jobs, n));
    RSL_TRY(keep_group(c, jobs, n));
    return ran < 0 ? rsl_fail(ran, "stopped") : RSL_OK;
}

int rsl_campaign_group(struct rsl_campaign *c, struct rsl_job *jobs, size_t n) {
    uint8_t *outcomes = NULL;
    double start = rsl_clock();
    int rc = c->options.outcomes ? give_outcomes(jobs, n, &outcomes) : RSL_OK;
    if (rc == RSL_OK) rc = run_group(c, jobs, n);
    rsl_free(outcomes);
    if (rc < 0) return rc;
    for (size_t i = 0; i < n; i++) c->inferences += jobs[i].record.images;
    c->seconds += rsl_clock() - start;
    c->last_group = n;
    return RSL_OK;
}

size_t rsl_campaign_group_size(const struct rsl_campaign *c, int64_t images) {
    int64_t golden_images;
    double golden = rsl_crew_golden_seconds(c->crew, &golden_images);
    double size = (double)FIRST_INFERENCES / (double)images;
    if (c->inferences > 0) {
        /* A pass without faults over the images, by all threads. */
        double pass = golden / (double)golden_images * (double)images / c->threads;
        double seconds = pass / golden_share;
        if (seconds < shortest_group) seconds = shortest_group;
        if (seconds > longest_group) seconds = longest_group;
        size = seconds * (double)c->inferences / c->seconds / (double)images;
        double most = (double)c->last_group * GROWTH;
        if (size > most) size = most;
    }
    double most = c->options.outcomes ? (double)MOST_OUTCOMES / (double)images : MOST_JOBS;
    if (size > most) size = most;
    return size > MOST_JOBS ? MOST_JOBS : size < 1 ? 1 : (size_t)size;
}

/* ---- a fixed number of trials ---- */

struct jobs {
    struct rsl_job *at;
    size_t n, cap;
};

/* The next trial of this shard that the point lacks, from k on; p->trials or more: none. */
static int64_t next_trial(const struct rsl_campaign *c, const struct rsl_point *p, int64_t k) {
    if (c->store) return rsl_store_next(&p->done, k);
    int64_t shard = c->options.shard, shards = c->options.shards;
    return k <= shard ? shard : shard + (k - shard + shards - 1) / shards * shards;
}

/* Fills a group from where the last one ended; an empty one means that all is done. */
static int fill_group(struct rsl_campaign *c, int *point, int64_t *k, struct jobs *jobs) {
    size_t size = rsl_campaign_group_size(c, c->n_images);
    jobs->n = 0;
    while (*point < c->n_points && jobs->n < size) {
        struct rsl_point *p = &c->points[*point];
        int64_t next = next_trial(c, p, *k);
        if (next >= p->trials) {
            ++*point;
            *k = 0;
            continue;
        }
        struct rsl_job job = {.point = p->faults,
                              .owner = *point,
                              .k = (uint64_t)next,
                              .record = {.images = c->n_images}};
        RSL_TRY(rsl_vec_push(jobs, job));
        *k = next + 1;
    }
    return RSL_OK;
}

/* Trials of this shard among the first n. */
static int64_t shard_trials(const struct rsl_campaign *c, int64_t n) {
    int64_t shard = c->options.shard, shards = c->options.shards;
    return n > shard ? (n - shard + shards - 1) / shards : 0;
}

static int finish_points(struct rsl_campaign *c, int before) {
    for (int i = 0; i < before; i++) {
        struct rsl_point *p = &c->points[i];
        if (p->reason) continue;
        bool all = p->trials == rsl_point_faults_limit(p->faults);
        RSL_TRY(rsl_campaign_finish_point(c, p, all ? "limit" : "trials"));
    }
    return RSL_OK;
}

static int run_fixed(struct rsl_campaign *c) {
    struct jobs jobs = {0};
    int point = 0, rc = RSL_OK;
    int64_t k = 0;
    for (int i = 0; i < c->n_points; i++) {
        int64_t of = shard_trials(c, c->points[i].trials);
        int64_t left = of - c->points[i].finished_trials;
        c->trials_planned += of;
        c->trials_done += c->points[i].finished_trials;
        c->planned += left > 0 ? left * c->n_images : 0;
    }
    do {
        rc = fill_group(c, &point, &k, &jobs);
        if (rc == RSL_OK && jobs.n > 0) rc = rsl_campaign_group(c, jobs.at, jobs.n);
        if (rc == RSL_OK) rc = finish_points(c, point);
    } while (rc == RSL_OK && jobs.n > 0);
    rsl_free(jobs.at);
    return rc;
}

/* ---- the run ---- */

static int run_margins(struct rsl_campaign *c) {
    RSL_TRY(rsl_campaign_know_golden(c));
    for (int i = 0; i < c->n_points; i++) RSL_TRY(rsl_campaign_run_margin(c, &c->points[i]));
    return RSL_OK;
}

/* Makes everything ready, once; the store only when nothing else is wrong. */
static int begin(struct rsl_campaign *c) {
    if (c->begun) return RSL_OK;
    int rc = rsl_campaign_prepare(c);
    if (c->ranks) rc = rsl_campaign_agree(c, rc);
    RSL_TRY(rc);
    if (rsl_ranks_lead(c->ranks) && c->options.store) rc = rsl_campaign_open_store(c);
    c->begun = rc == RSL_OK;
    if (rc == RSL_OK) return RSL_OK;
    rsl_ranks_end(c->ranks); /* who wait for the first group */
    rsl_store_close(c->store);
    c->store = NULL;
    return rc;
}

/* Of a campaign that was complete already nothing has run yet: what its store says will do. */
static int end_golden(struct rsl_campaign *c) {
    if (c->right) return RSL_OK;
    int known = rsl_campaign_stored_golden(c);
    RSL_TRY(known);
    return known ? RSL_OK : rsl_campaign_know_golden(c);
}

static int run_leading(struct rsl_campaign *c) {
    RSL_TRY(clear_sums(c));
    RSL_TRY(rsl_campaign_add_points(c));
    c->started = rsl_clock();
    RSL_TRY(c->options.margin > 0 ? run_margins(c) : run_fixed(c));
    return end_golden(c);
}

int rsl_campaign_run(struct rsl_campaign *c) {
    RSL_TRY(begin(c));
    rsl_ranks_begin(c->ranks);
    if (!rsl_ranks_lead(c->ranks)) return rsl_campaign_serve(c);
    int rc = run_leading(c);
    rsl_ranks_end(c->ranks);
    return rc;
}

int rsl_campaign_golden(struct rsl_campaign *c, double *accuracy) {
    if (c->ranks)
        return rsl_fail(RSL_EUNSUPPORTED, "the fault-free run alone needs one process, not ranks");
    RSL_TRY(begin(c));
    c->started = rsl_clock();
    RSL_TRY(end_golden(c));
    *accuracy = (double)c->golden_correct / (double)c->n_images;
    return RSL_OK;
}
