/* See resampled.h. */
#include "campaign/resampled.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICATES = 2000, FEWEST = 200 };

/* Values looked at in all replicates of an interval; more than that and there are fewer of them. */
static const double MOST_WORK = 8e9;

struct table {
    int32_t *at; /* [trials, images]: golden_correct - correct */
    size_t n, cap;
    int64_t trials;
};

static int32_t lost(uint8_t outcome, bool right) {
    bool wrong = outcome == RSL_SDC || outcome == RSL_DUE_SDC;
    bool found = outcome == RSL_SDC_RIGHT || outcome == RSL_DUE_SDC_RIGHT;
    return wrong ? right : found ? -1 : 0;
}

/* 0 when the trial does not fit into the table. */
static int add_trial(struct table *t, const struct rsl_store_trial *trial,
                     const struct rsl_store_campaign *c, int64_t images) {
    int64_t sum = 0, right = 0;
    if (!trial->outcomes || trial->first != 0 || trial->images != images) return 0;
    for (int64_t i = 0; i < images; i++) {
        int32_t value = lost(trial->outcomes[i], c->golden[i]);
        RSL_TRY(rsl_vec_push(t, value));
        sum += value;
        right += c->golden[i] == 1;
    }
    /* The trial's executor may round otherwise than that of the fault-free run, and so be right
     * about an image more or less. */
    int64_t rounding = llabs(right - trial->golden_correct);
    if (llabs(sum - (trial->golden_correct - trial->correct)) > rounding)
        return rsl_fail(RSL_EFORMAT, "the outcomes of trial %" PRId64 " do not add up", trial->k);
    t->trials++;
    return 1;
}

static int fill(struct table *t, struct rsl_store *store, const struct rsl_store_campaign *c,
                int64_t point, int64_t images) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial trial;
    int got, fits = 1;
    RSL_TRY(rsl_store_scan(store, point, RSL_WITH_OUTCOMES, &cursor));
    while ((got = rsl_store_step(cursor, &trial)) == 1) {
        fits = add_trial(t, &trial, c, images);
        if (fits <= 0) break;
    }
    rsl_store_scan_end(cursor);
    return got < 0 ? got : fits;
}

/* From lost images to those that the faulty network is right about. */
static void make_right(struct table *t, const uint8_t *golden, int64_t images) {
    for (int64_t k = 0; k < t->trials; k++)
        for (int64_t i = 0; i < images; i++) {
            int32_t *value = &t->at[k * images + i];
            *value = golden[i] - *value;
        }
}

static int resample(const struct table *t, const struct rsl_store_identity *d, double confidence,
                    struct rsl_interval *out) {
    double affordable = MOST_WORK / (double)t->n;
    int replicates = affordable > REPLICATES ? REPLICATES
                     : affordable < FEWEST   ? FEWEST
                                             : (int)affordable;
    return rsl_bootstrap_interval(t->at, t->trials, d->images, 1, replicates, d->seed, confidence,
                                  out);
}

int rsl_resampled_intervals(struct rsl_store *store, const struct rsl_store_campaign *c,
                            const struct rsl_store_point *p, double confidence,
                            struct rsl_resampled *out) {
    const struct rsl_store_identity *d = rsl_store_identity_of(store);
    struct table t = {0};
    if (!c->golden) return 0;
    int rc = fill(&t, store, c, p->id, d->images);
    if (rc == 1) {
        rc = resample(&t, d, confidence, &out->drop);
        make_right(&t, c->golden, d->images);
        if (rc == RSL_OK) rc = resample(&t, d, confidence, &out->accuracy);
        if (rc == RSL_OK) rc = 1;
    }
    rsl_free(t.at);
    return rc;
}
