/* See stopping.h: bins of faults, and the two strata made of them.
 *
 * Finer strata would look better and be wrong: a bin that shows nothing in a few trials is taken
 * for one without variance and not drawn again, and the mean comes out low. Two strata that each
 * get hundreds of trials, chosen by a pilot that is then left out, have no such bias. */
#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "campaign/stopping_int.h"

#include <math.h>

enum {
    PILOT = 32,         /* trials */
    PILOT_BIN = 8,      /* ... for each bin */
    STREAM = 0x62696e73 /* "bins" */
};

int64_t rsl_stopping_pilot(const struct rsl_stopping_design *d) {
    return d->n_bins == 1 ? PILOT : PILOT + PILOT_BIN * (int64_t)d->n_bins;
}

/* All that was drawn counts. */
static void one_stratum(struct rsl_stopping *s, struct rsl_stratum drawn) {
    s->n_strata = 1;
    s->strata[0] = drawn;
    s->strata[0].weight = s->share[0] = 1;
    s->n_hot = s->design.n_bins;
}

int rsl_stopping_init_bins(struct rsl_stopping *s) {
    int n = s->design.n_bins;
    s->bins = rsl_calloc((size_t)n, sizeof *s->bins);
    s->order = rsl_calloc((size_t)n, sizeof *s->order);
    if (!s->bins || !s->order) {
        rsl_free(s->bins);
        rsl_free(s->order);
        return RSL_ENOMEM;
    }
    for (int c = 0; c < n; c++) {
        s->bins[c].weight = s->design.weights ? s->design.weights[c] : 1;
        s->order[c] = c;
    }
    if (n == 1) one_stratum(s, (struct rsl_stratum){0});
    return RSL_OK;
}

/* ---- strata ---- */

/* Cells by falling mean of the pilot's squares; equal ones in their own order. */
static void sort_bins(struct rsl_stopping *s) {
    for (int i = 1; i < s->design.n_bins; i++) {
        int c = s->order[i], at = i;
        double mean = s->bins[c].squares / (double)(s->bins[c].n + 1);
        for (; at > 0; at--) {
            const struct rsl_stratum *before = &s->bins[s->order[at - 1]];
            if (before->squares / (double)(before->n + 1) >= mean) break;
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = c;
    }
}

static struct rsl_stratum together(struct rsl_stratum a, struct rsl_stratum b) {
    return (struct rsl_stratum){a.weight + b.weight, a.n + b.n, a.sum + b.sum,
                                a.squares + b.squares};
}

/* Weight times standard deviation, as if half a trial more had been drawn at the bound: a stratum
 * in which nothing was seen is not for that without variance. */
static double importance(struct rsl_stratum s) {
    double n = (double)s.n + 1, mean = s.sum / n;
    return s.weight * sqrt((s.squares + 0.5) / n - mean * mean);
}

void rsl_stopping_make_strata(struct rsl_stopping *s) {
    enum { MOST = 7 }; /* tenths of the trials that one stratum takes, or one it is */
    int n = s->design.n_bins;
    sort_bins(s);
    struct rsl_stratum all = {0}, hot = {0};
    for (int c = 0; c < n; c++) all = together(all, s->bins[c]);
    double of_all = importance(all), least = of_all * sqrt(MOST / 10.0);
    one_stratum(s, all);
    for (int i = 0; i + 1 < n; i++) {
        hot = together(hot, s->bins[s->order[i]]);
        struct rsl_stratum rest = {all.weight - hot.weight, all.n - hot.n, all.sum - hot.sum,
                                   all.squares - hot.squares};
        double a = importance(hot), b = importance(rest);
        if (hot.n < 2 || rest.n < 2 || !(a + b < least)) continue;
        least = a + b;
        s->n_strata = 2;
        s->n_hot = i + 1;
        s->strata[0] = (struct rsl_stratum){.weight = hot.weight};
        s->strata[1] = (struct rsl_stratum){.weight = rest.weight};
        s->share[0] = (hot.weight + a / (a + b)) / 2;
        s->share[1] = 1 - s->share[0];
    }
    if (s->n_strata == 1) return;
    s->first = s->done;
    s->changed = 0;
}

/* ---- trials ---- */

/* Of n trials that count, those of the first stratum. */
static int64_t hot_of(const struct rsl_stopping *s, int64_t n) {
    return (int64_t)floor(s->share[0] * (double)n);
}

/* A stage's hot trials come first: as many as the stage brings their number up to their share. */
int rsl_stopping_stratum(const struct rsl_stopping *s, int64_t k) {
    if (s->n_strata < 2) return 0;
    int64_t hot = hot_of(s, s->end - s->first) - hot_of(s, s->begin - s->first);
    return k - s->begin >= hot;
}

/* The bin of the pilot in which the middle of the k-th of its equal parts lies. */
static int pilot_bin(const struct rsl_stopping *s, int64_t k) {
    double at = ((double)k + 0.5) / (double)rsl_stopping_pilot(&s->design), sum = 0;
    for (int c = 0; c + 1 < s->design.n_bins; c++) {
        sum += s->bins[c].weight;
        if (at < sum) return c;
    }
    return s->design.n_bins - 1;
}

int rsl_stopping_bin(const struct rsl_stopping *s, int64_t k) {
    if (s->design.n_bins == 1) return 0;
    if (s->n_strata == 0) return pilot_bin(s, k);
    int h = rsl_stopping_stratum(s, k);
    int i = h == 0 ? 0 : s->n_hot, end = h == 0 ? s->n_hot : s->design.n_bins;
    struct rsl_rng rng = rsl_rng(s->design.seed, (uint64_t)STREAM << 32 ^ (uint64_t)k);
    double at = rsl_rng_unit(&rng) * s->strata[h].weight, sum = 0;
    for (; i + 1 < end; i++) {
        sum += s->bins[s->order[i]].weight;
        if (at < sum) break;
    }
    return s->order[i];
}
