/* Results: what the trials of each point of a store amount to, with intervals.
 *
 * Where every trial ran on all images, means are pooled (all images of all trials weigh the same);
 * the drop has Student's interval over trials, shares have Wilson's with the trial as the cluster,
 * or plain Wilson's when every trial is one image. Where trials ran on some of the images, or in
 * strata, the mean over trials and its interval are those that sampling stopped on
 * (metric/bounded_mean.h). A fault list counts as a sample of the faults that there are. */
#include "campaign/store.h"
#include "metric/bounded_mean.h"
#include "resile/store.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct rsl_results {
    struct rsl_arena arena;
    struct {
        struct rsl_result *at;
        size_t n, cap;
    } rows;
};

/* ---- sums over the trials of a point ---- */

enum { DROP, SDC, DUE, MASKED, TOLERABLE, MEANS };

struct sums {
    struct rsl_tally tally[MEANS];
    struct rsl_stratum *strata[MEANS]; /* [n_strata] each */
    int n_strata;
    bool blocks;       /* trials on some of the images, or in strata */
    bool single;       /* every trial is one image */
    double effects[5]; /* faults, changed, corrected, detected, missed */
};

static int make_strata(struct sums *s, const struct rsl_store_point *p, struct rsl_arena *arena) {
    s->n_strata = p->n_strata > 0 ? p->n_strata : 1;
    for (int m = 0; m < MEANS; m++) {
        s->strata[m] = rsl_arena_array(arena, (size_t)s->n_strata, sizeof *s->strata[m]);
        if (!s->strata[m]) return RSL_ENOMEM;
        for (int h = 0; h < s->n_strata; h++)
            s->strata[m][h].weight = p->n_strata > 0 ? p->strata[h].weight : 1;
    }
    return RSL_OK;
}

static int add_trial(struct sums *s, const struct rsl_store_trial *t) {
    const int64_t hits[MEANS] = {[DROP] = t->golden_correct - t->correct,
                                 [SDC] = t->sdc,
                                 [DUE] = t->due,
                                 [MASKED] = t->masked,
                                 [TOLERABLE] = t->tolerable};
    const int64_t effects[5] = {t->faults, t->changed, t->corrected, t->detected, t->missed};
    if (t->images > INT64_MAX / t->images - s->tally[DROP].images_squared / t->images)
        return rsl_fail(RSL_EUNSUPPORTED, "trial %" PRId64 ": more images than can be summed up",
                        t->k);
    if (t->stratum >= s->n_strata)
        return rsl_fail(RSL_EFORMAT, "trial %" PRId64 " is of stratum %d, which does not exist",
                        t->k, t->stratum);
    for (int m = 0; m < MEANS; m++) {
        rsl_tally_add(&s->tally[m], t->images, hits[m]);
        rsl_stratum_add(&s->strata[m][t->stratum], (double)hits[m] / (double)t->images);
    }
    for (int e = 0; e < 5; e++) s->effects[e] += (double)effects[e];
    s->single = s->single && t->images == 1;
    return RSL_OK;
}

static int add_trials(struct sums *s, struct rsl_store *store, const struct rsl_store_point *p) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial trial;
    int got;
    s->single = true;
    s->blocks = p->n_strata > 0 || strcmp(p->design, "all") != 0;
    RSL_TRY(rsl_store_scan(store, p->id, 0, &cursor));
    while ((got = rsl_store_step(cursor, &trial)) == 1) {
        got = add_trial(s, &trial);
        if (got < 0) {
            rsl_fail_in(got, "%s", rsl_store_path(store));
            break;
        }
    }
    rsl_store_scan_end(cursor);
    return got;
}

/* ---- means and intervals ---- */

static double mean(const struct sums *s, int m) {
    if (s->tally[m].trials == 0) return NAN;
    return s->blocks ? rsl_bounded_mean(s->strata[m], s->n_strata) : rsl_tally_mean(&s->tally[m]);
}

static struct rsl_interval share_interval(const struct sums *s, int m, double confidence) {
    const struct rsl_tally *t = &s->tally[m];
    if (s->blocks) return rsl_bounded_mean_interval(s->strata[m], s->n_strata, 0, 1, confidence);
    if (s->single) return rsl_wilson_interval(t->hits, t->images, 0, confidence);
    return rsl_tally_share_interval(t, confidence);
}

static struct rsl_interval drop_interval(const struct sums *s, double golden, double confidence) {
    if (s->blocks)
        return rsl_bounded_mean_interval(s->strata[DROP], s->n_strata,
                                         isnan(golden) ? -1 : golden - 1,
                                         isnan(golden) ? 1 : golden, confidence);
    return rsl_tally_mean_interval(&s->tally[DROP], confidence);
}

static void set_accuracy(struct rsl_result *r, const struct sums *s, double golden) {
    double drop = mean(s, DROP);
    struct rsl_interval d = drop_interval(s, golden, r->confidence);
    struct rsl_interval a = rsl_accuracy_interval(golden, d);
    r->golden = 100 * golden;
    r->drop = 100 * drop;
    r->drop_low = 100 * d.low;
    r->drop_high = 100 * d.high;
    r->accuracy = 100 * (golden - drop);
    r->accuracy_low = 100 * a.low;
    r->accuracy_high = 100 * a.high;
}

static void set_shares(struct rsl_result *r, const struct sums *s) {
    struct rsl_interval sdc = share_interval(s, SDC, r->confidence);
    struct rsl_interval due = share_interval(s, DUE, r->confidence);
    r->sdc = mean(s, SDC);
    r->sdc_low = sdc.low;
    r->sdc_high = sdc.high;
    r->due = mean(s, DUE);
    r->due_low = due.low;
    r->due_high = due.high;
    r->masked = mean(s, MASKED);
    r->tolerable = mean(s, TOLERABLE);
}

static void set_effects(struct rsl_result *r, const struct sums *s) {
    double trials = (double)s->tally[DROP].trials;
    double *const means[] = {&r->faults, &r->changed, &r->corrected, &r->detected, &r->missed};
    for (int e = 0; e < 5; e++) *means[e] = trials > 0 ? s->effects[e] / trials : NAN;
}

/* Golden accuracy on all images, as a share. */
static double golden_share(const struct rsl_store_campaign *c, int64_t images) {
    return c->golden_correct < 0 ? NAN : (double)c->golden_correct / (double)images;
}

static int add_point(struct rsl_results *results, struct rsl_store *store,
                     const struct rsl_store_campaign *c, const struct rsl_store_point *p,
                     struct rsl_result r, double confidence) {
    struct sums s = {0};
    RSL_TRY(make_strata(&s, p, &results->arena));
    RSL_TRY(add_trials(&s, store, p));
    r.storage = c->storage;
    r.encoding = c->encoding;
    r.protection = c->protection;
    r.bits_per_weight = c->bits_per_weight;
    r.fault = p->fault;
    r.ber = p->rate;
    r.sampling = p->sampling[0] ? p->sampling : NULL;
    r.design = p->design;
    r.expected = p->expected;
    r.population = p->population;
    r.trials = s.tally[DROP].trials;
    r.runs = s.tally[DROP].images;
    bool usable = p->confidence > 0 && p->confidence < 1;
    r.confidence = confidence > 0 ? confidence : usable ? p->confidence : 0.95;
    r.drop_interval = s.blocks ? "bounded mean over trials" : "Student over trials";
    r.share_interval = s.blocks   ? r.drop_interval
                       : s.single ? "Wilson"
                                  : "Wilson clustered by trials";
    r.reason = p->reason;
    r.margin = p->margin;
    set_accuracy(&r, &s, golden_share(c, r.images));
    set_shares(&r, &s);
    set_effects(&r, &s);
    return rsl_vec_push(&results->rows, r);
}

/* ---- stores ---- */

static int copy_text(struct rsl_results *results, const char **text) {
    *text = rsl_arena_strdup(&results->arena, *text);
    return *text ? RSL_OK : RSL_ENOMEM;
}

/* What all rows of a store have in common. */
static int describe(struct rsl_results *results, struct rsl_store *store, struct rsl_result *r) {
    const struct rsl_store_identity *d = rsl_store_identity_of(store);
    r->store = rsl_store_path(store);
    r->model = rsl_store_session_of(store)->model;
    r->model_sha256 = d->model_sha256;
    r->data = d->data;
    r->split = d->split;
    r->compute = d->compute;
    r->seed = d->seed;
    r->images = d->images;
    const char **texts[] = {&r->store, &r->model, &r->model_sha256,
                            &r->data,  &r->split, &r->compute};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) RSL_TRY(copy_text(results, texts[i]));
    return RSL_OK;
}

static int add_store(struct rsl_results *results, struct rsl_store *store, double confidence) {
    struct rsl_store_campaign *campaigns;
    struct rsl_store_point *points;
    struct rsl_result r = {0};
    size_t n, n_points;
    RSL_TRY(describe(results, store, &r));
    RSL_TRY(rsl_store_campaigns(store, &results->arena, &campaigns, &n));
    for (size_t c = 0; c < n; c++) {
        RSL_TRY(rsl_store_points(store, campaigns[c].id, &results->arena, &points, &n_points));
        for (size_t p = 0; p < n_points; p++)
            RSL_TRY(add_point(results, store, &campaigns[c], &points[p], r, confidence));
    }
    return RSL_OK;
}

int rsl_results_read(struct rsl_results **results, const char *const *stores, int n,
                     double confidence) {
    *results = NULL;
    if (n < 1) return rsl_fail(RSL_EARG, "there are no stores to read");
    if (!(confidence >= 0 && confidence < 1))
        return rsl_fail(RSL_EARG, "confidence %g is not between 0 and 1", confidence);
    struct rsl_results *r = rsl_calloc(1, sizeof *r);
    int rc = r ? RSL_OK : RSL_ENOMEM;
    for (int i = 0; i < n && rc == RSL_OK; i++) {
        struct rsl_store *store;
        rc = rsl_store_read(&store, stores[i]);
        if (rc == RSL_OK) rc = add_store(r, store, confidence);
        rsl_store_close(store);
    }
    if (rc == RSL_OK)
        *results = r;
    else
        rsl_results_free(r);
    return rc;
}

void rsl_results_free(struct rsl_results *r) {
    if (!r) return;
    rsl_arena_free(&r->arena);
    rsl_free(r->rows.at);
    rsl_free(r);
}

int64_t rsl_results_count(const struct rsl_results *r) {
    return (int64_t)r->rows.n;
}

const struct rsl_result *rsl_results_at(const struct rsl_results *r, int64_t i) {
    return i >= 0 && (size_t)i < r->rows.n ? &r->rows.at[i] : NULL;
}
