/* See estimate.h. */
#include "campaign/estimate.h"

#include "base/alloc.h"
#include "base/status.h"
#include "metric/trials_interval.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- adding ---- */

static int init_bins(struct rsl_estimate *e, const struct rsl_store_point *p) {
    double sum = 0;
    if (p->n_strata < 2) return rsl_hot_bins_init(&e->bins, NULL, 1);
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

int rsl_estimate_init(struct rsl_estimate *e, const struct rsl_store_point *p, double golden) {
    *e = (struct rsl_estimate){.golden = golden, .faults = p->expected};
    e->blocks = p->n_strata > 0 || strcmp(p->design, "all") != 0;
    int rc = init_bins(e, p);
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
    if (t->images > INT32_MAX || e->tally[0].images_squared > INT64_MAX - t->images * t->images)
        return rsl_fail(RSL_EUNSUPPORTED, "trial %" PRId64 ": more images than can be summed up",
                        t->k);
    if (t->stratum < e->bins.n) return RSL_OK;
    return rsl_fail(RSL_EFORMAT, "trial %" PRId64 " is of stratum %d; there are %d", t->k,
                    t->stratum, e->bins.n);
}

int rsl_estimate_add(struct rsl_estimate *e, const struct rsl_store_trial *t) {
    const int64_t hits[RSL_ESTIMATED] = {[RSL_ESTIMATED_DROP] = t->golden_correct - t->correct,
                                         [RSL_ESTIMATED_SDC] = t->sdc,
                                         [RSL_ESTIMATED_DUE] = t->due,
                                         [RSL_ESTIMATED_MASKED] = t->masked,
                                         [RSL_ESTIMATED_TOLERABLE] = t->tolerable};
    double values[RSL_ESTIMATED], images = (double)t->images;
    RSL_TRY(check_trial(e, t));
    for (int c = 0; c < RSL_ESTIMATED; c++) {
        rsl_tally_add(&e->tally[c], t->images, hits[c]);
        values[c] = (double)hits[c] / images;
    }
    rsl_hot_bins_read(&e->bins, t->k, t->stratum, (double)t->sdc / images, values, RSL_ESTIMATED,
                      e->strata);
    return RSL_OK;
}

/* ---- asking ---- */

double rsl_estimate_mean(const struct rsl_estimate *e, enum rsl_estimated what) {
    const struct rsl_stratum *s = e->strata[what];
    int n = rsl_hot_bins_strata(&e->bins);
    if (!e->blocks && e->tally[what].trials > 0) return rsl_tally_mean(&e->tally[what]);
    for (int h = 0; h < n; h++)
        if (s[h].n == 0) return NAN;
    return rsl_bounded_mean(s, n);
}

struct rsl_interval rsl_estimate_interval(const struct rsl_estimate *e, enum rsl_estimated what,
                                          double confidence) {
    const struct rsl_tally *t = &e->tally[what];
    bool drop = what == RSL_ESTIMATED_DROP, known = !isnan(e->golden);
    double low = !drop ? 0 : known ? e->golden - 1 : -1, high = !drop || !known ? 1 : e->golden;
    if (e->faults == 0 && t->trials > 0)
        return (struct rsl_interval){rsl_tally_mean(t), rsl_tally_mean(t)};
    if (e->blocks)
        return rsl_bounded_mean_interval(e->strata[what], rsl_hot_bins_strata(&e->bins), low, high,
                                         confidence);
    return drop ? rsl_trials_mean_interval(t, e->faults, low, high, confidence)
                : rsl_trials_share_interval(t, e->faults, confidence);
}

const char *rsl_estimate_method(const struct rsl_estimate *e, enum rsl_estimated what) {
    const struct rsl_tally *t = &e->tally[what];
    bool drop = what == RSL_ESTIMATED_DROP;
    if (e->faults == 0) return "no faults";
    if (e->blocks && e->bins.n_strata > 1) return "bounded mean of strata";
    if (!e->blocks && !drop && t->images == t->trials) return "Wilson";
    if (e->blocks || !rsl_trials_nearly_normal(t, e->faults)) return "bounded mean of trials";
    return drop ? "Student over trials" : "Wilson clustered by trials";
}

const char *rsl_estimate_obstacle(const struct rsl_estimate *e, enum rsl_estimated what) {
    const struct rsl_tally *t = &e->tally[what];
    if (e->faults == 0) return "there are no faults";
    if (e->blocks) return "trials ran on some of the images only";
    if (what != RSL_ESTIMATED_DROP && t->images == t->trials) return NULL;
    if (t->trials < 2) return "there are fewer than two trials";
    if (rsl_trials_nearly_normal(t, e->faults)) return NULL;
    return rsl_tally_variance(t) == 0 ? "all trials came out equal"
                                      : "trials are too unlike each other";
}
