/* A campaign and its store: identity, points, and what groups of trials leave there. */
#include "base/alloc.h"
#include "base/status.h"
#include "campaign/campaign_int.h"
#include "campaign/timing.h"
#include "data/fingerprint.h"
#include "graph/model.h"
#include "resile/provenance.h"
#include "resile/run.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- opening ---- */

/* Trials of earlier sessions count too. */
static int read_earlier(struct rsl_campaign *c, struct rsl_point *p) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial t;
    RSL_TRY(rsl_store_scan(c->store, p->id, 0, &cursor));
    int rc;
    while ((rc = rsl_store_step(cursor, &t)) > 0) {
        rc = rsl_point_add(p, &t);
        if (rc < 0) break;
    }
    rsl_store_scan_end(cursor);
    return rc;
}

int rsl_campaign_add_points(struct rsl_campaign *c) {
    for (int i = 0; i < c->n_points && c->store; i++) {
        struct rsl_point *p = &c->points[i];
        int bins = rsl_point_faults_bins(p->faults)->n;
        char list[65];
        rsl_fault_source_fingerprint(rsl_point_faults_source(p->faults), list);
        struct rsl_store_point s = {.campaign = c->id,
                                    .fault = p->fault,
                                    .rate = p->rate,
                                    .sampling = rsl_point_faults_sampling(p->faults),
                                    .design = p->design,
                                    .expected = rsl_point_faults_expected(p->faults),
                                    .population = rsl_point_faults_population(p->faults),
                                    .limit = rsl_point_faults_limit(p->faults),
                                    .list_sha256 = list,
                                    .confidence = c->options.confidence,
                                    .strata = p->strata,
                                    .n_strata = p->strata ? bins : 0};
        RSL_TRY(rsl_store_add_point(c->store, &s, &p->id));
        RSL_TRY(rsl_store_find_done(c->store, p->id, &p->done));
        p->finished_trials = rsl_store_count(&p->done);
        if (c->options.margin == 0) RSL_TRY(read_earlier(c, p));
    }
    return RSL_OK;
}

static int add_store_campaign(struct rsl_campaign *c) {
    const struct rsl_memory_region *w = &c->image->region[RSL_REGION_WEIGHTS];
    struct rsl_store_campaign s = {.storage = c->storage_text,
                                   .encoding = c->encoding,
                                   .protection = c->protection,
                                   .bits_per_weight = (double)w->bits / (double)w->elements,
                                   .weights = w->elements,
                                   .bits = c->image->bits,
                                   .scale_bits = c->image->region[RSL_REGION_SCALES].bits +
                                                 c->image->region[RSL_REGION_ZERO_POINTS].bits,
                                   .golden_correct = -1};
    return rsl_store_add_campaign(c->store, &s, &c->id);
}

int rsl_campaign_open_store(struct rsl_campaign *c) {
    char model[65], data[65], cpu[256], compute[64];
    rsl_fingerprint_graph(&c->model->graph, model);
    RSL_TRY(rsl_fingerprint_data(c->data, c->n_images, c->threads, data));
    rsl_cpu_name(cpu, sizeof cpu);
    snprintf(compute, sizeof compute, "%s%s", rsl_compute_name((int)c->compute),
             c->options.reference ? " reference" : "");
    const char *model_name = c->options.model_name, *command = c->options.command;
    struct rsl_store_identity identity = {.model_sha256 = model,
                                          .data = rsl_data_name(c->data),
                                          .split = rsl_data_split(c->data),
                                          .data_images = rsl_data_count(c->data),
                                          .data_sha256 = data,
                                          .preprocess = c->preprocess_text,
                                          .images = c->n_images,
                                          .seed = c->options.seed,
                                          .compute = compute,
                                          .shard = c->options.shard,
                                          .shards = c->options.shards};
    struct rsl_store_session session = {.model = model_name ? model_name : "",
                                        .command = command ? command : "",
                                        .version = rsl_version(),
                                        .cpu = cpu,
                                        .threads = c->threads};
    RSL_TRY(rsl_store_open(&c->store, c->options.store, &identity, &session));
    return add_store_campaign(c);
}

int rsl_campaign_stored_golden(struct rsl_campaign *c) {
    struct rsl_arena arena = {0};
    struct rsl_store_campaign *at;
    size_t n = 0;
    int rc = c->store ? rsl_store_campaigns(c->store, &arena, &at, &n) : RSL_OK;
    for (size_t i = 0; rc == RSL_OK && i < n; i++)
        if (at[i].id == c->id && at[i].golden_correct >= 0) {
            c->golden_correct = at[i].golden_correct;
            rc = 1;
        }
    rsl_arena_free(&arena);
    return rc;
}

int rsl_campaign_timing(struct rsl_campaign *c, struct rsl_arena *arena,
                        struct rsl_store_timing *t) {
    return c->store ? rsl_store_timing(c->store, c->id, arena, t) : 0;
}

int rsl_campaign_set_timing(struct rsl_campaign *c, const struct rsl_store_timing *t) {
    return c->store ? rsl_store_set_timing(c->store, c->id, t) : RSL_OK;
}

/* ---- adding ---- */

/* Layer, shape and injection of a single fault. */
static void describe_place(const struct rsl_campaign *c, const struct rsl_job *job,
                           struct rsl_store_place *place, struct rsl_shape *shape) {
    const struct rsl_trial_place *p = &job->place;
    *place = (struct rsl_store_place){.number = p->number,
                                      .element = p->element,
                                      .bit = p->bit < 0 ? 0 : p->bit,
                                      .effect = rsl_effect_name(p->effect)};
    if (p->kind == RSL_IN_MEMORY) {
        place->layer = c->layers[p->number];
        place->shape = &c->image->tensors[p->number].shape;
    } else {
        const struct rsl_activations *a = rsl_point_faults_activations(job->point, p->model);
        const struct rsl_site *s = &a->sites.at[p->number];
        place->layer = c->points[job->owner].sites[p->model][p->number];
        *shape = rsl_shape_of(3, (int64_t[]){s->channels, s->height, s->width});
        place->shape = shape;
        place->form = rsl_site_form_name((size_t)p->form);
    }
    place->injection = rsl_fault_source_number(rsl_point_faults_source(job->point), job->k);
}

struct row {
    struct rsl_store_place place;
    struct rsl_shape shape;
};

static int add_rows(struct rsl_campaign *c, const struct rsl_point *p, struct rsl_job *jobs,
                    size_t n, struct rsl_store_trial *trials, struct row *rows) {
    for (size_t i = 0; i < n; i++) {
        trials[i] = jobs[i].record;
        trials[i].outcomes = jobs[i].outcomes;
        if (jobs[i].place.kind == RSL_NOWHERE) continue;
        describe_place(c, &jobs[i], &rows[i].place, &rows[i].shape);
        trials[i].place = &rows[i].place;
    }
    return rsl_store_add_trials(c->store, p->id, trials, n);
}

int rsl_campaign_store_trials(struct rsl_campaign *c, const struct rsl_point *p,
                              struct rsl_job *jobs, size_t n) {
    if (!c->store) return RSL_OK;
    struct rsl_store_trial *trials = rsl_calloc(n, sizeof *trials);
    struct row *rows = rsl_calloc(n, sizeof *rows);
    int rc = trials && rows ? add_rows(c, p, jobs, n, trials, rows) : RSL_ENOMEM;
    rsl_free(trials);
    rsl_free(rows);
    return rc;
}

int rsl_campaign_finish_point(struct rsl_campaign *c, struct rsl_point *p, const char *reason) {
    const struct rsl_store_end end = {reason, c->options.margin, c->options.confidence};
    p->reason = reason;
    return c->store ? rsl_store_finish(c->store, p->id, &end) : RSL_OK;
}
