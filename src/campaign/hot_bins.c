/* See hot_bins.h. */
#include "campaign/hot_bins.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"

#include <assert.h>
#include <math.h>

enum {
    PILOT = 32,         /* trials */
    PILOT_BIN = 8,      /* ... for each bin */
    STREAM = 0x62696e73 /* "bins" */
};

int64_t rsl_hot_bins_pilot(int n) {
    return n == 1 ? PILOT : PILOT + PILOT_BIN * (int64_t)n;
}

static void one_stratum(struct rsl_hot_bins *b) {
    b->n_strata = 1;
    b->weight[0] = b->share[0] = 1;
    b->n_hot = b->n;
}

int rsl_hot_bins_init(struct rsl_hot_bins *b, const double *weights, int n) {
    assert(n >= 1);
    *b = (struct rsl_hot_bins){.n = n};
    b->pilot = rsl_calloc((size_t)n, sizeof *b->pilot);
    b->order = rsl_calloc((size_t)n, sizeof *b->order);
    if (!b->pilot || !b->order) {
        rsl_hot_bins_free(b);
        return RSL_ENOMEM;
    }
    for (int i = 0; i < n; i++) {
        b->pilot[i].weight = weights ? weights[i] : 1.0 / n;
        b->order[i] = i;
    }
    if (n == 1) one_stratum(b);
    return RSL_OK;
}

void rsl_hot_bins_free(struct rsl_hot_bins *b) {
    rsl_free(b->pilot);
    rsl_free(b->order);
    *b = (struct rsl_hot_bins){0};
}

void rsl_hot_bins_add(struct rsl_hot_bins *b, int bin, double sdc) {
    assert(bin >= 0 && bin < b->n);
    rsl_stratum_add(&b->pilot[bin], sdc);
}

/* ---- strata ---- */

/* Bins by falling mean of squares; equal ones in their own order. */
static void sort_bins(struct rsl_hot_bins *b) {
    for (int i = 1; i < b->n; i++) {
        int bin = b->order[i], at = i;
        double mean = b->pilot[bin].squares / (double)(b->pilot[bin].n + 1);
        for (; at > 0; at--) {
            const struct rsl_stratum *before = &b->pilot[b->order[at - 1]];
            if (before->squares / (double)(before->n + 1) >= mean) break;
            b->order[at] = b->order[at - 1];
        }
        b->order[at] = bin;
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

void rsl_hot_bins_choose(struct rsl_hot_bins *b) {
    enum { MOST = 7 }; /* tenths of the trials that one stratum takes, or one it is */
    struct rsl_stratum all = {0}, hot = {0};
    sort_bins(b);
    for (int i = 0; i < b->n; i++) all = together(all, b->pilot[i]);
    double least = importance(all) * sqrt(MOST / 10.0);
    one_stratum(b);
    for (int i = 0; i + 1 < b->n; i++) {
        hot = together(hot, b->pilot[b->order[i]]);
        struct rsl_stratum rest = {all.weight - hot.weight, all.n - hot.n, all.sum - hot.sum,
                                   all.squares - hot.squares};
        double of_hot = importance(hot), sum = of_hot + importance(rest);
        if (hot.n < 2 || rest.n < 2 || !(sum < least)) continue;
        least = sum;
        b->n_strata = 2;
        b->n_hot = i + 1;
        b->weight[0] = hot.weight;
        b->weight[1] = rest.weight;
        b->share[0] = (hot.weight + of_hot / sum) / 2;
        b->share[1] = 1 - b->share[0];
    }
}

static void restart(const struct rsl_hot_bins *b, int n, struct rsl_stratum (*sums)[2]) {
    for (int i = 0; i < n; i++)
        for (int h = 0; h < b->n_strata; h++)
            sums[i][h] = (struct rsl_stratum){.weight = b->weight[h]};
}

void rsl_hot_bins_read(struct rsl_hot_bins *b, int64_t k, int bin, double sdc, const double *values,
                       int n, struct rsl_stratum (*sums)[2]) {
    if (b->n_strata == 0 && k >= rsl_hot_bins_pilot(b->n)) {
        rsl_hot_bins_choose(b);
        if (b->n_strata == 2) restart(b, n, sums);
    }
    bool pilot = b->n_strata == 0;
    int h = pilot ? 0 : rsl_hot_bins_stratum(b, bin);
    if (pilot) rsl_hot_bins_add(b, bin, sdc);
    for (int i = 0; i < n; i++) {
        if (rsl_hot_bins_strata(b) == 1) sums[i][0].weight = 1;
        rsl_stratum_add(&sums[i][h], values[i]);
    }
}

int rsl_hot_bins_strata(const struct rsl_hot_bins *b) {
    return b->n_strata == 2 ? 2 : 1;
}

int rsl_hot_bins_stratum(const struct rsl_hot_bins *b, int bin) {
    assert(b->n_strata > 0 && bin >= 0 && bin < b->n);
    if (b->n_strata == 1) return 0;
    for (int i = 0; i < b->n_hot; i++)
        if (b->order[i] == bin) return 0;
    return 1;
}

/* ---- trials ---- */

int rsl_hot_bins_of_pilot(const struct rsl_hot_bins *b, int64_t k) {
    /* Multiples of the golden ratio, modulo 1: any first so many of them are spread evenly. */
    double at = (double)((uint64_t)k * 0x9e3779b97f4a7c15u >> 11) * 0x1p-53, sum = 0;
    for (int i = 0; i + 1 < b->n; i++) {
        sum += b->pilot[i].weight;
        if (at < sum) return i;
    }
    return b->n - 1;
}

int rsl_hot_bins_draw(const struct rsl_hot_bins *b, int stratum, uint64_t seed, int64_t k) {
    assert(b->n_strata > 0);
    if (b->n == 1) return 0;
    int i = stratum == 0 ? 0 : b->n_hot, end = stratum == 0 ? b->n_hot : b->n;
    struct rsl_rng rng = rsl_rng(seed, (uint64_t)STREAM << 32 ^ (uint64_t)k);
    double at = rsl_rng_unit(&rng) * b->weight[stratum], sum = 0;
    for (; i + 1 < end; i++) {
        sum += b->pilot[b->order[i]].weight;
        if (at < sum) break;
    }
    return b->order[i];
}
