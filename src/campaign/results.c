/* Results: what the trials of each point of a store amount to, with intervals (estimate.h). */
#include "campaign/estimate.h"
#include "campaign/resampled.h"
#include "campaign/store.h"
#include "resile/store.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"
#include "metric/drop_probability.h"
#include "metric/rap.h"
#include "metric/trials_interval.h"

#include <math.h>
#include <string.h>

struct rsl_results {
    struct rsl_arena arena;
    struct {
        struct rsl_result *at;
        size_t n, cap;
    } rows;
};

/* What was asked for. */
struct wish {
    double confidence; /* 0: the point's */
    enum rsl_interval_choice choice;
};

/* ---- the trials of a point ---- */

struct sums {
    struct rsl_estimate estimate;
    double effects[5]; /* faults, changed, corrected, detected, missed */
};

static int add_trial(struct sums *s, const struct rsl_store_trial *t) {
    const int64_t effects[5] = {t->faults, t->changed, t->corrected, t->detected, t->missed};
    for (int e = 0; e < 5; e++) s->effects[e] += (double)effects[e];
    return rsl_estimate_add(&s->estimate, t);
}

static int add_trials(struct sums *s, struct rsl_store *store, int64_t point) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial trial;
    int got;
    RSL_TRY(rsl_store_scan(store, point, 0, &cursor));
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

/* ---- rows ---- */

static void set_drop_interval(struct rsl_result *r, struct rsl_resampled i, const char *method) {
    r->drop_low = 100 * i.drop.low;
    r->drop_high = 100 * i.drop.high;
    r->accuracy_low = 100 * i.accuracy.low;
    r->accuracy_high = 100 * i.accuracy.high;
    r->drop_interval = method;
}

static void set_accuracy(struct rsl_result *r, const struct rsl_estimate *e, double golden) {
    double drop = rsl_estimate_mean(e, RSL_ESTIMATED_DROP);
    r->golden = 100 * golden;
    r->drop = 100 * drop;
    r->accuracy = 100 * (golden - drop);
    struct rsl_interval d = rsl_estimate_interval(e, RSL_ESTIMATED_DROP, r->confidence);
    set_drop_interval(r, (struct rsl_resampled){d, rsl_accuracy_interval(golden, d)},
                      rsl_estimate_method(e, RSL_ESTIMATED_DROP));
}

/* Drop and accuracy by resampling, where that can be done. */
static int set_resampled(struct rsl_result *r, struct rsl_store *store,
                         const struct rsl_store_campaign *c, const struct rsl_store_point *p,
                         const struct rsl_estimate *e) {
    struct rsl_resampled i;
    r->drop_kept = rsl_estimate_obstacle(e, RSL_ESTIMATED_DROP);
    if (r->drop_kept) return RSL_OK;
    int got = rsl_resampled_intervals(store, c, p, r->confidence, &i);
    if (got == 0)
        r->drop_kept = "what became of each image is not stored (inject --outcomes does)";
    else if (got == 1)
        set_drop_interval(r, i, "bootstrap over trials and images");
    return got < 0 ? got : RSL_OK;
}

/* The interval of a share and the method's name. With `exact` Clopper and Pearson's, or *kept says
 * why not. */
static const char *set_share(const struct rsl_estimate *e, enum rsl_estimated what, bool exact,
                             double confidence, double *low, double *high, const char **kept) {
    const char *method = rsl_estimate_method(e, what);
    struct rsl_interval i = rsl_estimate_interval(e, what, confidence);
    *kept = exact ? rsl_estimate_obstacle(e, what) : NULL;
    if (exact && !*kept) {
        i = rsl_trials_exact_interval(&e->tally[what], e->faults, confidence);
        method = e->tally[what].images == e->tally[what].trials
                     ? "Clopper-Pearson"
                     : "Clopper-Pearson clustered by trials";
    }
    *low = i.low;
    *high = i.high;
    return method;
}

static void set_shares(struct rsl_result *r, const struct rsl_estimate *e, bool exact) {
    double c = r->confidence;
    r->sdc = rsl_estimate_mean(e, RSL_ESTIMATED_SDC);
    r->due = rsl_estimate_mean(e, RSL_ESTIMATED_DUE);
    r->masked = rsl_estimate_mean(e, RSL_ESTIMATED_MASKED);
    r->tolerable = rsl_estimate_mean(e, RSL_ESTIMATED_TOLERABLE);
    r->share_interval =
        set_share(e, RSL_ESTIMATED_SDC, exact, c, &r->sdc_low, &r->sdc_high, &r->share_kept);
    r->due_interval =
        set_share(e, RSL_ESTIMATED_DUE, exact, c, &r->due_low, &r->due_high, &r->due_kept);
}

static void set_effects(struct rsl_result *r, const struct sums *s) {
    double *const means[] = {&r->faults, &r->changed, &r->corrected, &r->detected, &r->missed};
    for (int e = 0; e < 5; e++) *means[e] = r->trials > 0 ? s->effects[e] / (double)r->trials : NAN;
}

/* What a drop below 0 would come to is no probability. */
static void set_p_drop(struct rsl_result *r, double constant) {
    double drop = isnan(r->drop) || !r->upsets ? NAN : fmax(0, r->drop) / 100;
    r->p_drop = rsl_drop_probability(r->weight_bits, constant, r->ber, drop);
    r->p_drop_bounded = rsl_drop_probability_bounded(r->weight_bits, constant, r->ber, drop);
}

static void set_cost(struct rsl_result *r) {
    double drop = isnan(r->drop) ? NAN : fmax(0, r->drop);
    set_p_drop(r, RSL_DROP_CONSTANT);
    r->rap = rsl_rap(drop, r->bits_per_weight / 8, r->time_ratio);
}

static void describe_point(struct rsl_result *r, const struct rsl_store_campaign *c,
                           const struct rsl_store_point *p, double confidence) {
    bool usable = p->confidence > 0 && p->confidence < 1;
    r->storage = c->storage;
    r->encoding = c->encoding;
    r->protection = c->protection;
    r->bits_per_weight = c->bits_per_weight;
    r->weight_bits = llround((double)c->weights * c->bits_per_weight);
    r->scale_bits = c->scale_bits;
    r->fault = p->fault;
    r->sampling = p->sampling[0] ? p->sampling : NULL;
    r->design = p->design;
    r->expected = p->expected;
    r->population = p->population;
    r->confidence = confidence > 0 ? confidence : usable ? p->confidence : 0.95;
    r->reason = p->reason;
    r->margin = p->margin;
}

/* Golden accuracy on all images, as a share. */
static double golden_share(const struct rsl_store_campaign *c, int64_t images) {
    return c->golden_correct < 0 ? NAN : (double)c->golden_correct / (double)images;
}

static int add_point(struct rsl_results *results, struct rsl_store *store,
                     const struct rsl_store_campaign *c, const struct rsl_store_point *p,
                     struct rsl_result r, const struct wish *wish) {
    struct sums s = {0};
    double golden = golden_share(c, r.images);
    int rc = rsl_estimate_init(&s.estimate, p, golden);
    if (rc < 0) return rsl_fail_in(rc, "%s", rsl_store_path(store));
    RSL_GOTO(add_trials(&s, store, p->id));
    describe_point(&r, c, p, wish->confidence);
    RSL_GOTO(rsl_store_rate(p, &r.ber, &r.upsets));
    r.trials = s.estimate.tally[0].trials;
    r.runs = s.estimate.tally[0].images;
    r.stratified = s.estimate.bins.n_strata > 1;
    set_accuracy(&r, &s.estimate, golden);
    set_shares(&r, &s.estimate, wish->choice == RSL_INTERVAL_CLOPPER_PEARSON);
    if (wish->choice == RSL_INTERVAL_BOOTSTRAP)
        RSL_GOTO(set_resampled(&r, store, c, p, &s.estimate));
    set_cost(&r);
    set_effects(&r, &s);
    rc = rsl_vec_push(&results->rows, r);
out:
    rsl_estimate_free(&s.estimate);
    return rc;
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

static int set_time(struct rsl_results *results, struct rsl_store *store, int64_t campaign,
                    struct rsl_result *r) {
    struct rsl_store_timing timing;
    int timed = rsl_store_timing(store, campaign, &results->arena, &timing);
    r->time_ratio = timed > 0 ? timing.ratio : NAN;
    return timed < 0 ? timed : RSL_OK;
}

static int add_store(struct rsl_results *results, struct rsl_store *store,
                     const struct wish *wish) {
    struct rsl_store_campaign *campaigns;
    struct rsl_store_point *points;
    struct rsl_result r = {0};
    size_t n, n_points;
    RSL_TRY(describe(results, store, &r));
    RSL_TRY(rsl_store_campaigns(store, &results->arena, &campaigns, &n));
    for (size_t c = 0; c < n; c++) {
        RSL_TRY(set_time(results, store, campaigns[c].id, &r));
        RSL_TRY(rsl_store_points(store, campaigns[c].id, &results->arena, &points, &n_points));
        for (size_t p = 0; p < n_points; p++)
            RSL_TRY(add_point(results, store, &campaigns[c], &points[p], r, wish));
    }
    return RSL_OK;
}

/* Rows of one store follow each other, and its points are sorted by design last. */
static bool only_design_differs(const struct rsl_result *a, const struct rsl_result *b) {
    bool rates = a->ber == b->ber || (isnan(a->ber) && isnan(b->ber));
    bool samplings = a->sampling == b->sampling ||
                     (a->sampling && b->sampling && strcmp(a->sampling, b->sampling) == 0);
    return rates && samplings && strcmp(a->store, b->store) == 0 &&
           strcmp(a->storage, b->storage) == 0 && strcmp(a->fault, b->fault) == 0;
}

static void tell_apart(struct rsl_results *r) {
    for (size_t i = 1; i < r->rows.n; i++) {
        struct rsl_result *a = &r->rows.at[i - 1], *b = &r->rows.at[i];
        if (!only_design_differs(a, b)) continue;
        a->apart = a->margin > 0 ? "to a margin" : "all images";
        b->apart = b->margin > 0 ? "to a margin" : "all images";
    }
}

int rsl_results_read(struct rsl_results **results, const char *const *stores, int n,
                     double confidence) {
    return rsl_results_read_with(results, stores, n, confidence, RSL_INTERVAL_USUAL);
}

int rsl_results_read_with(struct rsl_results **results, const char *const *stores, int n,
                          double confidence, enum rsl_interval_choice choice) {
    const struct wish wish = {confidence, choice};
    *results = NULL;
    if (n < 1) return rsl_fail(RSL_EARG, "there are no stores to read");
    if (!(confidence >= 0 && confidence < 1))
        return rsl_fail(RSL_EARG, "confidence %g is not between 0 and 1", confidence);
    struct rsl_results *r = rsl_calloc(1, sizeof *r);
    int rc = r ? RSL_OK : RSL_ENOMEM;
    for (int i = 0; i < n && rc == RSL_OK; i++) {
        struct rsl_store *store;
        rc = rsl_store_read(&store, stores[i]);
        if (rc == RSL_OK) rc = add_store(r, store, &wish);
        rsl_store_close(store);
    }
    if (rc == RSL_OK) {
        tell_apart(r);
        *results = r;
    } else {
        rsl_results_free(r);
    }
    return rc;
}

int rsl_results_set_drop_constant(struct rsl_results *r, double constant) {
    if (!(constant >= 0 && isfinite(constant)))
        return rsl_fail(
            RSL_EARG, "a drop constant of %g; it is life / interval * P_single, above 0", constant);
    for (size_t i = 0; i < r->rows.n; i++)
        set_p_drop(&r->rows.at[i], constant > 0 ? constant : RSL_DROP_CONSTANT);
    return RSL_OK;
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
