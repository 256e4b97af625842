/* See interval.h. */
#include "metric/interval.h"

#include "metric/distribution.h"

#include <assert.h>
#include <float.h>
#include <math.h>

static double cut(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* Wilson's interval of a share p among n draws, which need not be whole; z the quantile. */
static struct rsl_interval wilson(double p, double n, double z) {
    double square = z * z / n, middle = (p + square / 2) / (1 + square);
    double half = z / (1 + square) * sqrt(p * (1 - p) / n + square / (4 * n));
    /* At the ends the formula gives 0 and 1 but for rounding. */
    return (struct rsl_interval){.low = p <= 0 ? 0 : cut(middle - half, 0, p),
                                 .high = p >= 1 ? 1 : cut(middle + half, p, 1)};
}

static double two_sided(double confidence) {
    assert(confidence > 0 && confidence < 1);
    return 0.5 + confidence / 2;
}

struct rsl_interval rsl_wilson_interval(int64_t k, int64_t n, double confidence) {
    assert(k >= 0 && k <= n);
    if (n == 0) return (struct rsl_interval){0, 1};
    return wilson((double)k / (double)n, (double)n, rsl_normal_quantile(two_sided(confidence)));
}

struct rsl_interval rsl_clopper_pearson_interval(int64_t k, int64_t n, double confidence) {
    assert(k >= 0 && k <= n);
    double tail = 1 - two_sided(confidence), hits = (double)k, rest = (double)(n - k);
    return (struct rsl_interval){.low = k == 0 ? 0 : rsl_beta_quantile(tail, hits, rest + 1),
                                 .high = k == n ? 1 : rsl_beta_quantile(1 - tail, hits + 1, rest)};
}

void rsl_tally_add(struct rsl_tally *t, int64_t images, int64_t hits) {
    assert(images >= 0 && hits <= images && -hits <= images);
    t->trials++;
    t->images += images;
    t->hits += hits;
    t->images_squared += images * images;
    t->hits_squared += hits * hits;
    t->product += images * hits;
    t->hits_cubed += (double)(hits * hits) * (double)hits;
}

double rsl_tally_mean(const struct rsl_tally *t) {
    return t->images > 0 ? (double)t->hits / (double)t->images : 0;
}

double rsl_tally_variance(const struct rsl_tally *t) {
    if (t->trials < 2 || t->images == 0) return 0;
    double mean = rsl_tally_mean(t), T = (double)t->trials, images = (double)t->images;
    double squares = (double)t->hits_squared, bend = mean * mean * (double)t->images_squared;
    double sum = squares - 2 * mean * (double)t->product + bend;
    /* What rounding leaves of trials that are all equal. */
    if (sum <= 16 * DBL_EPSILON * (squares + bend)) return 0;
    return T / (T - 1) * sum / (images * images);
}

double rsl_tally_design_effect(const struct rsl_tally *t) {
    assert(t->hits >= 0);
    if (t->trials == 0 || t->images == 0) return 1;
    double p = rsl_tally_mean(t), images = (double)t->images;
    if (p <= 0 || p >= 1) return images / (double)t->trials;
    double effect = rsl_tally_variance(t) * images / (p * (1 - p));
    return effect > 1 ? effect : 1;
}

struct rsl_interval rsl_tally_mean_interval(const struct rsl_tally *t, double confidence) {
    if (t->trials < 2 || t->images == 0) return (struct rsl_interval){-1, 1};
    double quantile = rsl_student_quantile(two_sided(confidence), (double)(t->trials - 1));
    double mean = rsl_tally_mean(t), half = quantile * sqrt(rsl_tally_variance(t));
    return (struct rsl_interval){cut(mean - half, -1, 1), cut(mean + half, -1, 1)};
}

struct rsl_interval rsl_tally_share_interval(const struct rsl_tally *t, double confidence) {
    assert(t->hits >= 0);
    double p = rsl_tally_mean(t);
    if (t->trials < 2 || t->images == 0) return (struct rsl_interval){0, 1};
    double quantile = rsl_student_quantile(two_sided(confidence), (double)(t->trials - 1));
    return wilson(p, (double)t->images / rsl_tally_design_effect(t), quantile);
}

struct rsl_interval rsl_accuracy_interval(double golden, struct rsl_interval drop) {
    return (struct rsl_interval){cut(golden - drop.high, 0, 1), cut(golden - drop.low, 0, 1)};
}
