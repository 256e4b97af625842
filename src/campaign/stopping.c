/* See stopping.h. */
#include "campaign/stopping.h"

#include "base/alloc.h"
#include "base/status.h"
#include "metric/distribution.h"
#include "resile/campaign.h"

#include <assert.h>
#include <math.h>

enum { PILOT_BLOCK = 16 }; /* images */

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* ---- plans ---- */

/* What the spread of counted trials would be in blocks of m images, going by that in blocks of b:
 *
 *     spread(m) = between + within / m = spread(b) + within (1 / m - 1 / b)
 *
 * `within`, the variance from image to image in a trial, is at most the share of changed images
 * less the squared mean, because an image changes by -1, 0 or 1. Larger blocks cannot do better
 * than independent images would. */
static double spread_in_blocks(const struct rsl_stopping *s, double spread, int m) {
    double squares = 0, b = s->block, n = (double)(s->done - s->first);
    if (m == s->block || b < 2) return spread;
    for (int h = 0; h < s->bins.n_strata; h++) squares += s->strata[h].squares;
    double within = (s->changed - squares) / n * b / (b - 1);
    double other = spread + fmax(within, 0) * (1 / (double)m - 1 / b);
    return fmax(other, spread * fmin(b / m, 1));
}

static double spread(const struct rsl_stopping *s) {
    double sum = 0;
    for (int h = 0; h < s->bins.n_strata; h++)
        sum += s->strata[h].weight * rsl_stratum_spread(&s->strata[h]);
    return sum;
}

/* How wide the interval would be after `trials` in blocks of m. */
static double width_after(const struct rsl_stopping *s, int64_t trials, int m) {
    struct rsl_stratum planned[2];
    double now = spread(s), then = spread_in_blocks(s, now, m);
    for (int h = 0; h < s->bins.n_strata; h++) {
        const struct rsl_stratum *seen = &s->strata[h];
        double ideal = s->bins.share[h] * (double)(trials - s->first);
        int64_t n = larger(larger(seen->n, 2), (int64_t)ideal);
        double mean = rsl_stratum_mean(seen);
        double square = mean * mean + (now > 0 ? rsl_stratum_spread(seen) * (then / now) : then);
        planned[h] = (struct rsl_stratum){seen->weight, n, mean * (double)n, square * (double)n};
    }
    return rsl_bounded_mean_width(planned, s->bins.n_strata, s->low, s->high, s->t);
}

/* The fewest trials, at least those done, that should reach the margin. */
static int64_t trials_for_margin(const struct rsl_stopping *s, int m) {
    int64_t low = s->done - 1, high = s->done, most = s->design.most_trials;
    while (high < most && width_after(s, high, m) > 2 * s->design.margin) {
        low = high;
        high = high > most / 2 ? most : 2 * high;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (width_after(s, middle, m) > 2 * s->design.margin)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* The block for which what is still to be run costs least. */
static void choose_block(struct rsl_stopping *s) {
    const struct rsl_stopping_design *d = &s->design;
    double least = INFINITY;
    int best = s->block;
    for (int m = d->least_block;; m = (int)smaller(2 * (int64_t)m, d->most_block)) {
        double trials = (double)(trials_for_margin(s, m) - s->done);
        double cost = trials * (d->trial_cost + m);
        if (cost < least) {
            least = cost;
            best = m;
        }
        if (m == d->most_block) break;
    }
    s->block = best;
    s->block_chosen = true;
}

/* ---- stages ---- */

static void begin_stage(struct rsl_stopping *s, int64_t end) {
    s->begin = s->done;
    s->end = smaller(end, s->design.most_trials);
}

/* At the end of the pilot of bins. Until then all trials counted as one stratum. */
static void make_strata(struct rsl_stopping *s) {
    rsl_hot_bins_choose(&s->bins);
    if (s->bins.n_strata == 1) return;
    for (int h = 0; h < 2; h++) s->strata[h] = (struct rsl_stratum){.weight = s->bins.weight[h]};
    s->first = s->done;
    s->changed = 0;
}

/* At the end of a stage: enough, or the next one. */
static void look(struct rsl_stopping *s) {
    if (s->bins.n_strata == 0) make_strata(s);
    struct rsl_interval i = rsl_stopping_interval(s);
    if (i.high - i.low <= 2 * s->design.margin) {
        s->reason = "margin";
    } else if (s->done >= s->design.most_trials) {
        s->reason = "limit";
    } else if (s->done == s->first) {
        begin_stage(s, 2 * s->done);
    } else {
        if (!s->block_chosen) choose_block(s);
        int64_t least = s->done + larger(s->done / 8, 8);
        begin_stage(s, larger(smaller(trials_for_margin(s, s->block), 2 * s->done), least));
    }
}

/* ---- what others call ---- */

int rsl_margin_check(double margin, double confidence) {
    if (!(margin > 0 && margin < 0.5))
        return rsl_fail(RSL_EARG, "a margin is more than 0 and less than 0.5, not %g", margin);
    if (!(confidence >= 0.5 && confidence < 1))
        return rsl_fail(RSL_EARG, "a margin's confidence is at least 0.5 and less than 1, not %g",
                        confidence);
    return RSL_OK;
}

int rsl_stopping_check_trials(int bins, int64_t most) {
    int64_t least = rsl_hot_bins_pilot(bins);
    if (most >= least) return RSL_OK;
    return rsl_fail(RSL_EARG, "a margin needs at least %lld trials; there can be %lld",
                    (long long)least, (long long)most);
}

static int check(const struct rsl_stopping_design *d) {
    RSL_TRY(rsl_margin_check(d->margin, d->confidence));
    if (!(d->golden >= 0 && d->golden <= 1))
        return rsl_fail(RSL_EARG, "a golden accuracy is 0 to 1, not %g", d->golden);
    if (!(d->trial_cost >= 0 && d->trial_cost < 1e15))
        return rsl_fail(RSL_EARG, "a trial cannot cost %g images", d->trial_cost);
    if (d->least_block < 1 || d->most_block < d->least_block || d->most_block > d->images)
        return rsl_fail(RSL_EARG, "trials cannot have %d to %d of %lld images", d->least_block,
                        d->most_block, (long long)d->images);
    if (d->n_bins < 1) return rsl_fail(RSL_EARG, "there are no bins to draw from");
    return rsl_stopping_check_trials(d->n_bins, d->most_trials);
}

int rsl_stopping_init(struct rsl_stopping *s, const struct rsl_stopping_design *design) {
    *s = (struct rsl_stopping){.design = *design};
    struct rsl_stopping_design *d = &s->design;
    if (!d->weights) d->n_bins = 1;
    RSL_TRY(check(d));
    RSL_TRY(rsl_hot_bins_init(&s->bins, d->weights, d->n_bins));
    s->strata[0].weight = 1;
    s->low = d->quantity == RSL_QUANTITY_DROP ? d->golden - 1 : 0;
    s->high = d->quantity == RSL_QUANTITY_DROP ? d->golden : 1;
    s->t = rsl_normal_quantile(0.5 + d->confidence / 2);
    s->block = (int)larger(d->least_block, smaller(PILOT_BLOCK, d->most_block));
    begin_stage(s, rsl_hot_bins_pilot(d->n_bins));
    return RSL_OK;
}

void rsl_stopping_free(struct rsl_stopping *s) {
    rsl_hot_bins_free(&s->bins);
    *s = (struct rsl_stopping){0};
}

/* Of n trials that count, those of the first stratum. */
static int64_t hot_of(const struct rsl_stopping *s, int64_t n) {
    return (int64_t)floor(s->bins.share[0] * (double)n);
}

/* A stage's hot trials come first: as many as bring their number up to their share. */
static int bin_of(const struct rsl_stopping *s, int64_t k) {
    if (s->bins.n_strata == 0) return rsl_hot_bins_of_pilot(&s->bins, k);
    int64_t hot = hot_of(s, s->end - s->first) - hot_of(s, s->begin - s->first);
    bool rest = s->bins.n_strata == 2 && k - s->begin >= hot;
    return rsl_hot_bins_draw(&s->bins, rest, s->design.seed, k);
}

/* Trial k takes the block that holds place k * block of the order of images, round and round: the
 * last one, which may be short, as seldom as it has few images, so that all count alike. */
struct rsl_stopping_trial rsl_stopping_trial(const struct rsl_stopping *s, int64_t k) {
    assert(k >= s->begin && k < s->end);
    int64_t place = k % s->design.images * s->block % s->design.images;
    int64_t first = place - place % s->block;
    return (struct rsl_stopping_trial){.first = first,
                                       .images = (int)smaller(s->block, s->design.images - first),
                                       .bin = bin_of(s, k)};
}

int rsl_stopping_add(struct rsl_stopping *s, const struct rsl_stopping_outcome *o) {
    assert(!s->reason);
    struct rsl_stopping_trial trial = rsl_stopping_trial(s, s->done);
    if (o->images != trial.images)
        return rsl_fail(RSL_EMISMATCH,
                        "trial %lld ran on %lld images, its plan has %d: what went before was "
                        "planned otherwise",
                        (long long)s->done, (long long)o->images, trial.images);
    double images = (double)o->images, sdc = (double)o->sdc / images;
    double drop = (double)(o->golden_correct - o->correct) / images;
    bool pilot = s->bins.n_strata == 0;
    int h = pilot ? 0 : rsl_hot_bins_stratum(&s->bins, trial.bin);
    if (pilot) rsl_hot_bins_add(&s->bins, trial.bin, sdc);
    rsl_stratum_add(&s->strata[h], s->design.quantity == RSL_QUANTITY_SDC ? sdc : drop);
    s->changed += sdc;
    if (++s->done == s->end) look(s);
    return RSL_OK;
}

double rsl_stopping_mean(const struct rsl_stopping *s) {
    return rsl_bounded_mean(s->strata, rsl_hot_bins_strata(&s->bins));
}

struct rsl_interval rsl_stopping_interval(const struct rsl_stopping *s) {
    return rsl_bounded_mean_interval(s->strata, rsl_hot_bins_strata(&s->bins), s->low, s->high,
                                     s->design.confidence);
}
