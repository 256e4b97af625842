/* See distribution.h. Incomplete beta: continued fraction DLMF 8.17.22; its prefactor in Loader's
 * form (Fast and accurate computation of binomial probabilities, 2000), whose error does not grow
 * with the parameters. Quantiles: Newton's steps inside a bracket. */
#include "metric/distribution.h"

#include "base/philox.h"

#include <assert.h>
#include <float.h>
#include <math.h>

double rsl_ln(double x) {
    return x <= 1 ? rsl_log_unit(x) : -rsl_log_unit(1 / x);
}

double rsl_exp(double x) {
    if (x < -745) return 0;
    if (x > 710) return INFINITY;
    double k = floor(x * 1.4426950408889634 + 0.5), sum = 1;
    double r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33; /* ln 2 in two parts */
    for (int n = 15; n >= 1; n--) sum = 1 + sum * r / n;
    return ldexp(sum, (int)k);
}

static double polynomial(const double *c, int n, double x) {
    double sum = 0;
    while (n-- > 0) sum = sum * x + c[n];
    return sum;
}

double rsl_normal_quantile(double p) {
    static const double a[] = {3.3871328727963666080,   1.3314166789178437745e2,
                               1.9715909503065514427e3, 1.3731693765509461125e4,
                               4.5921953931549871457e4, 6.7265770927008700853e4,
                               3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1,
                               4.2313330701600911252e1,
                               6.8718700749205790830e2,
                               5.3941960214247511077e3,
                               2.1213794301586595867e4,
                               3.9307895800092710610e4,
                               2.8729085735721942674e4,
                               5.2264952788528545610e3};
    static const double c[] = {1.42343711074968357734,    4.63033784615654529590,
                               5.76949722146069140550,    3.64784832476320460504,
                               1.27045825245236838258,    2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1,
                               2.05319162663775882187,
                               1.67638483018380384940,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720,    5.46378491116411436990,
                               1.78482653991729133580,    2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    assert(p > 0 && p < 1);
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, 8, r) / polynomial(b, 8, r);
    }
    double r = sqrt(-rsl_ln(q < 0 ? p : 1 - p));
    double z = r <= 5 ? polynomial(c, 8, r - 1.6) / polynomial(d, 8, r - 1.6)
                      : polynomial(e, 8, r - 5) / polynomial(f, 8, r - 5);
    return q < 0 ? -z : z;
}

/* ln r - (r - 1), r = x / mean, without cancellation near 1: with u = r - 1 and s = u / (2 + u),
 * ln r = 2 artanh s. */
static double log_rest(double x, double mean) {
    double u = (x - mean) / mean;
    if (fabs(u) > 0.3) return rsl_ln(x / mean) - u;
    double s = u / (2 + u), square = s * s, sum = 0;
    for (int k = 25; k >= 3; k -= 2) sum = sum * square + 1.0 / k;
    return 2 * s * square * sum - s * u;
}

/* ln Gamma(z) - ((z - 1/2) ln z - z + ln(2 pi) / 2), z > 0. */
static double stirling_rest(double z) {
    static const double c[] = {1.0 / 12,    -1.0 / 360, 1.0 / 1260,
                               -1.0 / 1680, 1.0 / 1188, -691.0 / 360360};
    double sum = 0;
    for (int up = z < 16 ? (int)ceil(16 - z) : 0; up > 0; up--) {
        sum += (z + 0.5) * rsl_ln((z + 1) / z) - 1;
        z += 1;
    }
    return sum + polynomial(c, 6, 1 / (z * z)) / z;
}

/* x^a y^b / B(a, b) with y = 1 - x and, for n = a + b,
 *     B(a, b) = sqrt(2 pi n / (a b)) (a/n)^a (b/n)^b exp(rest(a) + rest(b) - rest(n)).
 * `rests` is that last exponent, which a search for a quantile computes once. */
static double prefactor(double x, double y, double a, double b, double rests) {
    double n = a + b;
    double power = a * log_rest(n * x, a) + b * log_rest(n * y, b);
    return sqrt(a * b / (6.283185307179586 * n)) * rsl_exp(power - rests);
}

static double rests_of(double a, double b) {
    return stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b);
}

/* The continued fraction by Lentz's method; it converges fast for x < (a + 1) / (a + b + 2). */
static double fraction(double x, double a, double b) {
    double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), f = d;
    for (int m = 1; m < 1000000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        f *= c * d;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        double step = c * d;
        f *= step;
        if (fabs(step - 1) < DBL_EPSILON) break;
    }
    return f;
}

static double share(double x, double y, double a, double b, double front) {
    if (x <= (a + 1) / (a + b + 2)) return front * fraction(x, a, b) / a;
    return 1 - front * fraction(y, b, a) / b;
}

double rsl_beta_share(double x, double a, double b) {
    assert(a > 0 && b > 0 && x >= 0 && x <= 1);
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    return share(x, 1 - x, a, b, prefactor(x, 1 - x, a, b, rests_of(a, b)));
}

double rsl_beta_quantile(double p, double a, double b) {
    assert(a > 0 && b > 0 && p >= 0 && p <= 1);
    if (p <= 0) return 0;
    if (p >= 1) return 1;
    double low = 0, high = 1, x = a / (a + b), rests = rests_of(a, b);
    for (int i = 0; i < 200; i++) {
        double front = prefactor(x, 1 - x, a, b, rests);
        double error = share(x, 1 - x, a, b, front) - p;
        if (error < 0)
            low = x;
        else
            high = x;
        double next = x - error * x * (1 - x) / front;
        /* A step that leaves the bracket, or whose slope is 0, is replaced by a halving. */
        if (!(next > low && next < high)) next = low + (high - low) / 2;
        double step = fabs(next - x);
        x = next;
        if (step <= 2 * DBL_EPSILON * x || high - low <= 2 * DBL_EPSILON * high) break;
    }
    return x;
}

/* x = df / (df + t^2) is beta(df/2, 1/2) and y = 1 - x beta(1/2, df/2): whichever is small keeps
 * its digits. */
double rsl_student_quantile(double p, double df) {
    assert(p > 0 && p < 1 && df > 0);
    double tails = 2 * (p < 0.5 ? p : 1 - p), t;
    double x = rsl_beta_quantile(tails, df / 2, 0.5);
    if (x < 0.5) {
        t = sqrt(df * (1 - x) / x);
    } else {
        double y = rsl_beta_quantile(1 - tails, 0.5, df / 2);
        t = sqrt(df * y / (1 - y));
    }
    return p < 0.5 ? -t : t;
}
