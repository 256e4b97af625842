/* See bounded_mean.h. With n - 1 for n, as in Student's interval, the equation of one side is
 *
 *     d^2 = t^2 (v + b d - c d^2)      v = sum W^2 s^2 / (n - 1)
 *                                      b = W (D - s^2 / D) / (n - 1), the largest of all strata
 *                                      c = 1 / (n - 1) of that stratum */
#include "metric/bounded_mean.h"

#include "metric/distribution.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>

void rsl_stratum_add(struct rsl_stratum *s, double value) {
    s->n++;
    s->sum += value;
    s->squares += value * value;
}

double rsl_stratum_mean(const struct rsl_stratum *s) {
    return s->n > 0 ? s->sum / (double)s->n : 0;
}

double rsl_stratum_spread(const struct rsl_stratum *s) {
    if (s->n == 0) return 0;
    double mean = rsl_stratum_mean(s), square = s->squares / (double)s->n;
    double spread = square - mean * mean;
    return spread > (double)s->n * 4 * DBL_EPSILON * square ? spread : 0;
}

double rsl_bounded_mean(const struct rsl_stratum *strata, int n_strata) {
    double mean = 0;
    for (int h = 0; h < n_strata; h++) mean += strata[h].weight * rsl_stratum_mean(&strata[h]);
    return mean;
}

/* The distance from the mean to the end of the interval on the side of `bound`. */
static double reach(const struct rsl_stratum *strata, int n_strata, double bound, double v,
                    double t) {
    double b = 0, c = 0, square = t * t;
    bool any = false;
    for (int h = 0; h < n_strata; h++) {
        const struct rsl_stratum *s = &strata[h];
        double D = fabs(bound - rsl_stratum_mean(s)), n = (double)(s->n - 1);
        if (D <= 0) continue;
        double slope = s->weight * (D - rsl_stratum_spread(s) / D) / n;
        if (any && slope <= b) continue;
        any = true;
        b = slope;
        c = 1 / n;
    }
    double half = square * b / 2, a = 1 + square * c;
    return (half + sqrt(half * half + a * square * v)) / a;
}

/* The variance of the mean, and its degrees of freedom. */
static double variance(const struct rsl_stratum *strata, int n_strata, double *freedom) {
    double v = 0, of_v = 0;
    *freedom = 0;
    for (int h = 0; h < n_strata; h++) {
        const struct rsl_stratum *s = &strata[h];
        double n = (double)(s->n - 1), part = s->weight * s->weight * rsl_stratum_spread(s) / n;
        v += part;
        of_v += part * part / n;
        *freedom += n;
    }
    if (of_v > 0 && v * v / of_v < *freedom) *freedom = v * v / of_v;
    return v;
}

static struct rsl_interval interval(const struct rsl_stratum *strata, int n_strata, double low,
                                    double high, double v, double t) {
    double mean = rsl_bounded_mean(strata, n_strata);
    struct rsl_interval i = {mean - reach(strata, n_strata, low, v, t),
                             mean + reach(strata, n_strata, high, v, t)};
    if (i.low < low) i.low = low;
    if (i.high > high) i.high = high;
    return i;
}

struct rsl_interval rsl_bounded_mean_interval(const struct rsl_stratum *strata, int n_strata,
                                              double low, double high, double confidence) {
    assert(n_strata >= 1 && low <= high && confidence > 0 && confidence < 1);
    for (int h = 0; h < n_strata; h++)
        if (strata[h].n < 2) return (struct rsl_interval){low, high};
    double freedom, v = variance(strata, n_strata, &freedom);
    double t = rsl_student_quantile(0.5 + confidence / 2, freedom);
    return interval(strata, n_strata, low, high, v, t);
}

double rsl_bounded_mean_width(const struct rsl_stratum *strata, int n_strata, double low,
                              double high, double t) {
    double freedom, v = variance(strata, n_strata, &freedom);
    struct rsl_interval i = interval(strata, n_strata, low, high, v, t);
    return i.high - i.low;
}
