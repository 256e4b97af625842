/* See crew.h. */
#define _POSIX_C_SOURCE 200809L
#include "campaign/crew.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/threads.h"
#include "base/vec.h"
#include "campaign/member.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    UNITS_PER_THREAD = 4, /* at least, so that the last ones end at about the same time */
    MOST_KEPT = 4 << 20   /* changes kept between a trial's tiles; else it is drawn anew */
};

/* Jobs that run on the same places in the same lane. */
struct range {
    enum rsl_lane lane;
    size_t job, jobs; /* the first, and how many; none: only the fault-free run */
    int64_t first, images;
    int64_t chunks; /* that the jobs are cut into */
    int64_t unit;   /* number of its first unit */
};

struct rsl_crew {
    struct rsl_crew_options options;
    struct rsl_member *members;
    enum rsl_lane first_lane;    /* of the first point */
    bool needed[RSL_LANE_KINDS]; /* by points */
    struct {
        struct rsl_activation *at;
        size_t n, cap;
    } activations;
    struct {
        struct range *at;
        size_t n, cap;
    } ranges;
    struct {
        struct rsl_change *at;
        size_t n, cap;
    } changes;
    uint8_t *right, *known; /* [images->n] */
    struct rsl_golden_cache cache;
    /* Of the group that is running. */
    struct rsl_job *jobs;
    int64_t units;
    atomic_llong next, done;
    atomic_int running;
    atomic_bool stop;
    pthread_mutex_t lock; /* of the following */
    int status;
    char sentence[4096];
};

/* ---- making ---- */

static int collect_activations(struct rsl_crew *c) {
    for (int i = 0; i < c->options.n_points; i++)
        for (int k = 0; k < rsl_point_faults_neurons(c->options.points[i]); k++) {
            const struct rsl_activations *a = rsl_point_faults_activations(c->options.points[i], k);
            for (size_t j = 0; j < a->places.n; j++)
                RSL_TRY(rsl_vec_push(&c->activations, a->places.at[j]));
        }
    return RSL_OK;
}

static enum rsl_lane lane_of(const struct rsl_crew *c, const struct rsl_point_faults *point) {
    return rsl_lane_of_point(point, c->activations.n > 0);
}

static int init(struct rsl_crew *c) {
    size_t n = (size_t)c->options.images->n;
    c->members = rsl_calloc((size_t)c->options.threads, sizeof *c->members);
    c->right = rsl_calloc(n, 1);
    c->known = rsl_calloc(n, 1);
    if (!c->members || !c->right || !c->known) return RSL_ENOMEM;
    RSL_TRY(collect_activations(c));
    c->first_lane = lane_of(c, c->options.points[0]);
    for (int i = 0; i < c->options.n_points; i++)
        c->needed[lane_of(c, c->options.points[i])] = true;
    for (int i = 0; i < c->options.threads; i++) {
        struct rsl_member *m = &c->members[i];
        m->crew = c;
        RSL_TRY(
            rsl_member_init(m, &c->options, c->needed, c->activations.at, (int)c->activations.n));
        m->cache = &c->cache;
    }
    return rsl_golden_cache_init(&c->cache, c->options.images->n, rsl_crew_classes(c));
}

int rsl_crew_new(struct rsl_crew **crew, const struct rsl_crew_options *options) {
    struct rsl_crew *c = rsl_calloc(1, sizeof *c);
    *crew = NULL;
    if (!c) return RSL_ENOMEM;
    c->options = *options;
    pthread_mutex_init(&c->lock, NULL);
    int rc = init(c);
    if (rc < 0)
        rsl_crew_free(c);
    else
        *crew = c;
    return rc;
}

void rsl_crew_free(struct rsl_crew *c) {
    if (!c) return;
    for (int i = 0; c->members && i < c->options.threads; i++) rsl_member_free(&c->members[i]);
    rsl_free(c->members);
    rsl_free(c->activations.at);
    rsl_free(c->ranges.at);
    rsl_free(c->changes.at);
    rsl_golden_cache_free(&c->cache);
    rsl_free(c->right);
    rsl_free(c->known);
    pthread_mutex_destroy(&c->lock);
    rsl_free(c);
}

const char *rsl_crew_executor(const struct rsl_crew *c) {
    return rsl_executor_kind(c->members[0].lane[c->first_lane].executor);
}

static int tile_of(const struct rsl_crew *c, enum rsl_lane lane) {
    return rsl_executor_tile(c->members[0].lane[lane].executor);
}

int rsl_crew_tile(const struct rsl_crew *c) {
    return tile_of(c, RSL_LANE_FREE);
}

int rsl_crew_classes(const struct rsl_crew *c) {
    return rsl_executor_classes(c->members[0].lane[RSL_LANE_FREE].executor);
}

bool rsl_crew_golden_apart(const struct rsl_crew *c) {
    return c->needed[RSL_LANE_FEW] || c->needed[RSL_LANE_MANY];
}

double rsl_crew_golden_seconds(const struct rsl_crew *c, int64_t *images) {
    double sum = 0;
    *images = 0;
    for (int i = 0; i < c->options.threads; i++) {
        sum += c->members[i].golden_seconds;
        *images += c->members[i].golden_images;
    }
    return sum;
}

void rsl_crew_forget(struct rsl_crew *c) {
    rsl_golden_cache_clear(&c->cache);
    for (int i = 0; i < c->options.threads; i++)
        for (enum rsl_lane k = 0; k < RSL_LANE_KINDS; k++) c->members[i].lane[k].first = -1;
}

/* ---- units ---- */

/* Of the fault-free network, on the lane that always runs it. */
static void note_right(struct rsl_member *m) {
    struct rsl_crew *c = m->crew;
    struct rsl_outcome_tile tile = rsl_member_tile(m, RSL_LANE_FREE);
    uint8_t right[RSL_TILE];
    rsl_outcomes_right(&tile, right);
    for (int i = 0; i < tile.n; i++) {
        int64_t image = rsl_images_at(c->options.images, m->lane[RSL_LANE_FREE].first + i);
        c->right[image] = right[i];
        c->known[image] = 1;
    }
}

/* One trial on the tile of the member's lane. */
static int run_job(struct rsl_member *m, size_t number) {
    struct rsl_crew *c = m->crew;
    const struct rsl_job *job = &c->jobs[number];
    uint64_t seed = c->options.seed;
    struct rsl_outcome_tile tile = rsl_member_tile(m, job->lane);
    RSL_TRY(job->kept ? rsl_trial_again(m->trial, job->point, seed, job->k,
                                        c->changes.at + job->change, job->n_changes)
                      : rsl_trial_begin(m->trial, job->point, job->record.stratum, seed, job->k));
    int rc = rsl_executor_run(m->lane[job->lane].executor, 0, &m->trial->strike, m->logits);
    rsl_trial_end(m->trial);
    RSL_TRY(rc);
    if (job->outcomes)
        tile.outcomes = job->outcomes + (m->lane[job->lane].first - job->record.first);
    rsl_outcomes_add(&m->counts.at[number], &tile);
    atomic_fetch_add(&c->done, tile.n);
    return RSL_OK;
}

static int watch_progress(struct rsl_crew *c, const struct rsl_crew_watch *watch) {
    if (!watch || !watch->progress) return RSL_OK;
    long long done = atomic_load(&c->done);
    if (watch->progress(watch->context, done) == 0) return RSL_OK;
    return rsl_fail(RSL_EINTERRUPTED, "stopped");
}

static const struct range *range_of(const struct rsl_crew *c, int64_t unit) {
    size_t low = 0, high = c->ranges.n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (c->ranges.at[middle].unit <= unit)
            low = middle;
        else
            high = middle;
    }
    return &c->ranges.at[low];
}

static int run_unit(struct rsl_member *m, int64_t unit, const struct rsl_crew_watch *watch) {
    struct rsl_crew *c = m->crew;
    const struct range *r = range_of(c, unit);
    int64_t tile = (unit - r->unit) / r->chunks, chunk = (unit - r->unit) % r->chunks;
    int64_t size = tile_of(c, r->lane), at = tile * size, left = r->images - at;
    int n = (int)(left < size ? left : size);
    size_t from = r->job + (size_t)((int64_t)r->jobs * chunk / r->chunks);
    size_t to = r->job + (size_t)((int64_t)r->jobs * (chunk + 1) / r->chunks);
    RSL_TRY(rsl_member_golden(m, r->lane, r->first + at, n));
    if (chunk == 0 && r->lane == RSL_LANE_FREE) note_right(m);
    if (r->jobs == 0) atomic_fetch_add(&c->done, n);
    for (size_t i = from; i < to && !atomic_load(&c->stop); i++) {
        RSL_TRY(run_job(m, i));
        RSL_TRY(watch_progress(c, watch));
    }
    return watch_progress(c, watch);
}

/* ---- threads ---- */

/* Keeps the first failure, whose sentence belongs to the thread it happened in, and stops all. */
static void fail(struct rsl_crew *c, int status) {
    pthread_mutex_lock(&c->lock);
    if (c->status == RSL_OK) {
        c->status = status;
        strncpy(c->sentence, rsl_errmsg(), sizeof c->sentence - 1);
    }
    pthread_mutex_unlock(&c->lock);
    atomic_store(&c->stop, true);
}

/* All that a member does runs on its own thread. */
static void work(struct rsl_member *m, const struct rsl_crew_watch *watch) {
    struct rsl_crew *c = m->crew;
    const int before = rsl_threads_begin(1);
    while (!atomic_load(&c->stop)) {
        int64_t unit = atomic_fetch_add(&c->next, 1);
        if (unit >= c->units) break;
        int rc = run_unit(m, unit, watch);
        if (rc < 0) fail(c, rc);
    }
    rsl_threads_end(before);
    atomic_fetch_sub(&c->running, 1);
}

static void *member_main(void *context) {
    work(context, NULL);
    return NULL;
}

/* This thread is the first member; while it waits for the others it goes on watching. */
static void wait_for_others(struct rsl_crew *c, const struct rsl_crew_watch *watch) {
    const struct timespec moment = {.tv_nsec = 10000000};
    while (atomic_load(&c->running) > 0) {
        nanosleep(&moment, NULL);
        if (!atomic_load(&c->stop) && watch_progress(c, watch) < 0) fail(c, RSL_EINTERRUPTED);
    }
}

static int run_units(struct rsl_crew *c, const struct rsl_crew_watch *watch) {
    int started = 0, threads = c->options.threads;
    if (threads > c->units) threads = c->units > 0 ? (int)c->units : 1;
    atomic_store(&c->next, 0);
    atomic_store(&c->done, 0);
    atomic_store(&c->stop, false);
    atomic_store(&c->running, 1);
    c->status = RSL_OK;
    for (int i = 1; i < threads; i++, started++) {
        atomic_fetch_add(&c->running, 1);
        if (pthread_create(&c->members[i].thread, NULL, member_main, &c->members[i]) == 0) continue;
        atomic_fetch_sub(&c->running, 1); /* fewer threads do it too */
        break;
    }
    work(&c->members[0], watch);
    wait_for_others(c, watch);
    for (int i = 1; i <= started; i++) pthread_join(c->members[i].thread, NULL);
    return c->status == RSL_OK ? RSL_OK : rsl_fail(c->status, "%s", c->sentence);
}

/* ---- groups ---- */

static int add_range(struct rsl_crew *c, struct range r) {
    int64_t tile = tile_of(c, r.lane), tiles = (r.images + tile - 1) / tile;
    int64_t wanted = (int64_t)UNITS_PER_THREAD * c->options.threads;
    r.unit = c->units;
    r.chunks = c->options.threads > 1 ? (wanted + tiles - 1) / tiles : 1;
    if (r.chunks > (int64_t)r.jobs) r.chunks = r.jobs > 0 ? (int64_t)r.jobs : 1;
    c->units += tiles * r.chunks;
    return rsl_vec_push(&c->ranges, r);
}

static int compare_jobs(const void *a, const void *b) {
    const struct rsl_job *x = a, *y = b;
    if (x->lane != y->lane) return x->lane < y->lane ? -1 : 1;
    if (x->record.first != y->record.first) return x->record.first < y->record.first ? -1 : 1;
    if (x->record.images != y->record.images) return x->record.images < y->record.images ? -1 : 1;
    if (x->first_node != y->first_node) return x->first_node < y->first_node ? -1 : 1;
    return (x->k > y->k) - (x->k < y->k);
}

static int cut_into_ranges(struct rsl_crew *c, struct rsl_job *jobs, size_t n) {
    c->ranges.n = 0;
    c->units = 0;
    for (size_t i = 0, end; i < n; i = end) {
        const struct rsl_store_trial *t = &jobs[i].record;
        for (end = i; end < n; end++)
            if (jobs[end].lane != jobs[i].lane || jobs[end].record.first != t->first ||
                jobs[end].record.images != t->images)
                break;
        RSL_TRY(add_range(c, (struct range){.lane = jobs[i].lane,
                                            .job = i,
                                            .jobs = end - i,
                                            .first = t->first,
                                            .images = t->images}));
    }
    return RSL_OK;
}

/* Keeps what the trial changes, as long as there is room. Integer networks read changed scales and
 * zero points in the cells, and so such a trial is drawn anew. */
static int keep_changes(struct rsl_crew *c, struct rsl_job *job, const struct rsl_strike *s) {
    bool integer = c->options.executor.compute == RSL_MODE_INT8;
    job->kept = c->changes.n + s->n_changes <= MOST_KEPT;
    if (integer && rsl_cells_touched_grid(s->cells)) job->kept = false;
    if (!job->kept) return RSL_OK;
    job->change = c->changes.n;
    job->n_changes = s->n_changes;
    for (size_t i = 0; i < s->n_changes; i++) RSL_TRY(rsl_vec_push(&c->changes, s->changes[i]));
    return RSL_OK;
}

/* Draws the trial once: its counts, its place, and what it changes. */
static int draw(struct rsl_crew *c, struct rsl_job *job) {
    struct rsl_trial *t = c->members[0].trial;
    RSL_TRY(rsl_trial_begin(t, job->point, job->record.stratum, c->options.seed, job->k));
    int rc = keep_changes(c, job, &t->strike);
    struct rsl_store_trial *r = &job->record;
    *r = (struct rsl_store_trial){.k = (int64_t)job->k,
                                  .first = r->first,
                                  .images = r->images,
                                  .faults = t->faults,
                                  .changed = t->changed,
                                  .corrected = t->votes.corrected,
                                  .detected = t->votes.detected,
                                  .missed = t->votes.missed,
                                  .stratum = r->stratum};
    job->lane = (int)lane_of(c, job->point);
    job->place = t->place;
    job->first_node = t->first_node;
    rsl_trial_end(t);
    return rc;
}

static void add_counts(struct rsl_store_trial *t, const struct rsl_store_trial *part) {
    t->masked += part->masked;
    t->tolerable += part->tolerable;
    t->sdc += part->sdc;
    t->due += part->due;
    t->due_sdc += part->due_sdc;
    t->correct += part->correct;
    t->golden_correct += part->golden_correct;
}

static int clear_counts(struct rsl_crew *c, size_t n) {
    for (int i = 0; i < c->options.threads; i++) {
        struct rsl_member *m = &c->members[i];
        for (m->counts.n = 0; m->counts.n < n;)
            RSL_TRY(rsl_vec_push(&m->counts, (struct rsl_store_trial){0}));
    }
    return RSL_OK;
}

int rsl_crew_run(struct rsl_crew *c, struct rsl_job *jobs, size_t n,
                 const struct rsl_crew_watch *watch) {
    c->changes.n = 0;
    c->jobs = jobs;
    atomic_store(&c->done, 0);
    for (size_t i = 0; i < n; i++) {
        RSL_TRY(draw(c, &jobs[i]));
        RSL_TRY(watch_progress(c, watch));
    }
    qsort(jobs, n, sizeof *jobs, compare_jobs);
    RSL_TRY(cut_into_ranges(c, jobs, n));
    RSL_TRY(clear_counts(c, n));
    int rc = run_units(c, watch);
    for (int k = 0; k < c->options.threads; k++)
        for (size_t i = 0; i < n; i++) add_counts(&jobs[i].record, &c->members[k].counts.at[i]);
    return rc;
}

bool rsl_job_complete(const struct rsl_job *job) {
    const struct rsl_store_trial *t = &job->record;
    return t->masked + t->tolerable + t->sdc + t->due - t->due_sdc == t->images;
}

int rsl_crew_right(struct rsl_crew *c, const struct rsl_crew_watch *watch, const uint8_t **right) {
    int64_t n = c->options.images->n, tile = tile_of(c, RSL_LANE_FREE);
    c->ranges.n = 0;
    c->units = 0;
    for (int64_t first = 0; first < n; first += tile) {
        int64_t images = n - first < tile ? n - first : tile;
        bool known = true;
        for (int64_t i = first; i < first + images; i++)
            known &= c->known[rsl_images_at(c->options.images, i)] != 0;
        if (!known)
            RSL_TRY(add_range(
                c, (struct range){.lane = RSL_LANE_FREE, .first = first, .images = images}));
    }
    RSL_TRY(run_units(c, watch));
    *right = c->right;
    return RSL_OK;
}
