/* See estimate.h. */
#include "campaign/estimate.h"

#include "base/alloc.h"
#include "base/status.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- bins ---- */

static int init_bins(struct rsl_estimate *e, const struct rsl_store_point *p) {
    double sum = 0;
    e->weights = rsl_calloc((size_t)p->n_strata, sizeof *e->weights);
    if (!e->weights) return RSL_ENOMEM;
    for (int b = 0; b < p->n_strata; b++) {
        e->weights[b] = p->strata[b].weight;
        if (!(e->weights[b] > 0))
            return rsl_fail(RSL_EFORMAT, "stratum '%s' has weight %g", p->strata[b].name,
                            e->weights[b]);
        sum += e->weights[b];
    }
    if (fabs(sum - 1) > 1e-6)
        return rsl_fail(RSL_EFORMAT, "the weights of %d strata sum to %.9g", p->n_strata, sum);
    return rsl_hot_bins_init(&e->bins, e->weights, p->n_strata);
}

/* In the pilot, whose trials count only if it makes one stratum of all bins. */
static bool in_pilot(const struct rsl_estimate *e) {
    return e->bins.n > 1 && e->pilot < rsl_hot_bins_pilot(e->bins.n);
}

static int pilot_trial(struct rsl_estimate *e, const struct rsl_store_trial *t) {
    if (t->k != e->pilot || t->stratum != rsl_hot_bins_of_pilot(&e->bins, t->k))
        return rsl_fail(RSL_EFORMAT, "trial %" PRId64 " is not the one that a pilot has there",
                        t->k);
    rsl_hot_bins_add(&e->bins, t->stratum, (double)t->sdc / (double)t->images);
    e->pilot++;
    return RSL_OK;
}

static void choose_strata(struct rsl_estimate *e) {
    rsl_hot_bins_choose(&e->bins);
    if (e->bins.n_strata < 2) return;
    for (int c = 0; c < RSL_ESTIMATED; c++)
        for (int h = 0; h < 2; h++)
            e->strata[c][h] = (struct rsl_stratum){.weight = e->bins.weight[h]};
}

/* ---- adding ---- */

int rsl_estimate_init(struct rsl_estimate *e, const struct rsl_store_point *p, double golden) {
    *e = (struct rsl_estimate){.golden = golden, .single = true};
    e->blocks = p->n_strata > 0 || strcmp(p->design, "all") != 0;
    for (int c = 0; c < RSL_ESTIMATED; c++) e->strata[c][0].weight = 1;
    int rc = p->n_strata > 1 ? init_bins(e, p) : RSL_OK;
    if (rc < 0) rsl_estimate_free(e);
    return rc;
}

void rsl_estimate_free(struct rsl_estimate *e) {
    rsl_hot_bins_free(&e->bins);
    rsl_free(e->weights);
    e->weights = NULL;
}

/* Sums of squares stay below 2^63. */
static int check_trial(const struct rsl_estimate *e, const struct rsl_store_trial *t) {
    int bins = e->bins.n > 1 ? e->bins.n : 1;
    if (t->images > INT32_MAX || e->tally[0].images_squared > INT64_MAX - t->images * t->images)
        return rsl_fail(RSL_EUNSUPPORTED, "trial %" PRId64 ": more images than can be summed up",
                        t->k);
    if (t->stratum < bins) return RSL_OK;
    return rsl_fail(RSL_EFORMAT, "trial %" PRId64 " is of stratum %d; there are %d", t->k,
                    t->stratum, bins);
}

int rsl_estimate_add(struct rsl_estimate *e, const struct rsl_store_trial *t) {
    const int64_t hits[RSL_ESTIMATED] = {[RSL_ESTIMATED_DROP] = t->golden_correct - t->correct,
                                         [RSL_ESTIMATED_SDC] = t->sdc,
                                         [RSL_ESTIMATED_DUE] = t->due,
                                         [RSL_ESTIMATED_MASKED] = t->masked,
                                         [RSL_ESTIMATED_TOLERABLE] = t->tolerable};
    RSL_TRY(check_trial(e, t));
    bool pilot = in_pilot(e);
    if (pilot) RSL_TRY(pilot_trial(e, t));
    int h = pilot || e->bins.n_strata < 2 ? 0 : rsl_hot_bins_stratum(&e->bins, t->stratum);
    for (int c = 0; c < RSL_ESTIMATED; c++) {
        rsl_tally_add(&e->tally[c], t->images, hits[c]);
        rsl_stratum_add(&e->strata[c][h], (double)hits[c] / (double)t->images);
    }
    e->single = e->single && t->images == 1;
    if (pilot && !in_pilot(e)) choose_strata(e);
    return RSL_OK;
}

/* ---- asking ---- */

static int strata_of(const struct rsl_estimate *e) {
    return e->bins.n_strata > 1 ? 2 : 1;
}

double rsl_estimate_mean(const struct rsl_estimate *e, enum rsl_estimated what) {
    const struct rsl_stratum *s = e->strata[what];
    if (e->tally[what].trials == 0) return NAN;
    if (!e->blocks) return rsl_tally_mean(&e->tally[what]);
    for (int h = 0; h < strata_of(e); h++)
        if (s[h].n == 0) return NAN;
    return rsl_bounded_mean(s, strata_of(e));
}

struct rsl_interval rsl_estimate_interval(const struct rsl_estimate *e, enum rsl_estimated what,
                                          double confidence) {
    const struct rsl_tally *t = &e->tally[what];
    bool drop = what == RSL_ESTIMATED_DROP, known = !isnan(e->golden);
    if (e->blocks) {
        double low = !drop ? 0 : known ? e->golden - 1 : -1;
        double high = !drop || !known ? 1 : e->golden;
        return rsl_bounded_mean_interval(e->strata[what], strata_of(e), low, high, confidence);
    }
    if (drop) return rsl_tally_mean_interval(t, confidence);
    if (e->single) return rsl_wilson_interval(t->hits, t->images, 0, confidence);
    return rsl_tally_share_interval(t, confidence);
}

const char *rsl_estimate_method(const struct rsl_estimate *e, enum rsl_estimated what) {
    if (e->blocks)
        return e->bins.n_strata > 1 ? "bounded mean of strata" : "bounded mean of trials";
    if (what == RSL_ESTIMATED_DROP) return "Student over trials";
    return e->single ? "Wilson" : "Wilson clustered by trials";
}
