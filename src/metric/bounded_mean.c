/* See bounded_mean.h. With n - 1 for n, as in Student's interval, the distance d to one end solves
 *
 *     d^2 = t^2 (s^2 + b d - d^2) / (n - 1)      b = D - s^2 / D */
#include "metric/bounded_mean.h"

#include "metric/distribution.h"

#include <assert.h>
#include <float.h>
#include <math.h>

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

/* From the mean of one stratum to the end of its interval on the side of `bound`. */
static double reach(const struct rsl_stratum *s, double bound, double t) {
    double n = (double)(s->n - 1), part = t * t / n, D = fabs(bound - rsl_stratum_mean(s));
    double spread = rsl_stratum_spread(s), half = D > 0 ? part * (D - spread / D) / 2 : 0;
    return (half + sqrt(half * half + (1 + part) * part * spread)) / (1 + part);
}

/* Quantile t for all strata, or 0: each has its own. */
static struct rsl_interval interval(const struct rsl_stratum *strata, int n_strata, double low,
                                    double high, double confidence, double t) {
    double down = 0, up = 0, mean = rsl_bounded_mean(strata, n_strata);
    for (int h = 0; h < n_strata; h++) {
        const struct rsl_stratum *s = &strata[h];
        double q = t > 0 ? t : rsl_student_quantile(0.5 + confidence / 2, (double)(s->n - 1));
        double to_low = s->weight * reach(s, low, q), to_high = s->weight * reach(s, high, q);
        down += to_low * to_low;
        up += to_high * to_high;
    }
    return (struct rsl_interval){fmax(mean - sqrt(down), low), fmin(mean + sqrt(up), high)};
}

struct rsl_interval rsl_bounded_mean_interval(const struct rsl_stratum *strata, int n_strata,
                                              double low, double high, double confidence) {
    assert(n_strata >= 1 && low <= high && confidence > 0 && confidence < 1);
    for (int h = 0; h < n_strata; h++)
        if (strata[h].n < 2) return (struct rsl_interval){low, high};
    return interval(strata, n_strata, low, high, confidence, 0);
}

double rsl_bounded_mean_width(const struct rsl_stratum *strata, int n_strata, double low,
                              double high, double t) {
    struct rsl_interval i = interval(strata, n_strata, low, high, 0, t);
    return i.high - i.low;
}
