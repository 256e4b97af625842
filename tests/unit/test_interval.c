/* Quantiles against 20-digit values of tests/data/make_quantiles.py; intervals against published
 * ones (Newcombe, Statistics in Medicine 17, 1998, table I) and against what they promise. */
#include "check.h"

#include "base/philox.h"
#include "metric/bounded_mean.h"
#include "metric/distribution.h"
#include "metric/interval.h"
#include "metric/trials_interval.h"

#include <math.h>

static const struct {
    char kind;
    double p, a, b, value;
} quantile_rows[] = {
    {'n', 1e-10, 0, 0, -6.3613409024040561991},
    {'n', 0.001, 0, 0, -3.0902323061678135354},
    {'n', 0.005, 0, 0, -2.5758293035489007538},
    {'n', 0.025, 0, 0, -1.9599639845400542118},
    {'n', 0.25, 0, 0, -0.6744897501960817432},
    {'n', 0.4, 0, 0, -0.25334710313579974132},
    {'n', 0.6, 0, 0, 0.25334710313579974132},
    {'n', 0.975, 0, 0, 1.9599639845400538556},
    {'n', 0.9999, 0, 0, 3.7190164854557083867},
    {'t', 1e-06, 1, 0, -318309.88618274348839},
    {'t', 0.025, 1, 0, -12.706204736174703938},
    {'t', 0.3, 1, 0, -0.72654252800536093919},
    {'t', 0.6, 1, 0, 0.32491969623290624903},
    {'t', 0.975, 1, 0, 12.706204736174693314},
    {'t', 0.995, 1, 0, 63.656741162871524447},
    {'t', 1e-06, 2, 0, -707.10572052593381853},
    {'t', 0.025, 2, 0, -4.3026527297494637234},
    {'t', 0.3, 2, 0, -0.61721339984836768183},
    {'t', 0.6, 2, 0, 0.28867513459481281549},
    {'t', 0.975, 2, 0, 4.3026527297494617894},
    {'t', 0.995, 2, 0, 9.9248432009182886403},
    {'t', 1e-06, 4.5, 0, -31.081356583149239193},
    {'t', 0.025, 4.5, 0, -2.6589123472044037244},
    {'t', 0.3, 4.5, 0, -0.56350580393937789543},
    {'t', 0.6, 4.5, 0, 0.26875183554217513964},
    {'t', 0.975, 4.5, 0, 2.6589123472044029843},
    {'t', 0.995, 4.5, 0, 4.2728239930112920077},
    {'t', 1e-06, 19, 0, -6.7233942822001864081},
    {'t', 0.025, 19, 0, -2.0930240544083097411},
    {'t', 0.3, 19, 0, -0.53331388164220496975},
    {'t', 0.6, 19, 0, 0.2569228197961546679},
    {'t', 0.975, 19, 0, 2.0930240544083093201},
    {'t', 0.995, 19, 0, 2.8609346064649787866},
    {'t', 1e-06, 100, 0, -5.0488308772283457656},
    {'t', 0.025, 100, 0, -1.9839715185235522621},
    {'t', 0.3, 100, 0, -0.52607627060034633238},
    {'t', 0.6, 100, 0, 0.25402218245822775892},
    {'t', 0.975, 100, 0, 1.9839715185235518946},
    {'t', 0.995, 100, 0, 2.625890521438017607},
    {'t', 1e-06, 100000, 0, -4.7537047163912882628},
    {'t', 0.025, 100000, 0, -1.9599877075346096148},
    {'t', 0.3, 100000, 0, -0.52440218423354574046},
    {'t', 0.6, 100000, 0, 0.25334777715717988552},
    {'t', 0.975, 100000, 0, 1.9599877075346092587},
    {'t', 0.995, 100000, 0, 2.5758784699083749963},
    {'b', 1e-06, 0.5, 0.5, 2.4674011002703100753e-12},
    {'b', 0.025, 0.5, 0.5, 0.0015413331334360120721},
    {'b', 0.5, 0.5, 0.5, 0.5},
    {'b', 0.975, 0.5, 0.5, 0.99845866686656398536},
    {'b', 1e-06, 1, 10, 1.000000450000284955e-7},
    {'b', 0.025, 1, 10, 0.0025285785444617846442},
    {'b', 0.5, 1, 10, 0.066967008463192584019},
    {'b', 0.975, 1, 10, 0.30849710781876076249},
    {'b', 1e-06, 3, 98, 0.00018437599731923186817},
    {'b', 0.025, 3, 98, 0.0062299715383063946062},
    {'b', 0.5, 3, 98, 0.026650675402412390941},
    {'b', 0.975, 3, 98, 0.070383932471070119128},
    {'b', 1e-06, 2, 9999, 1.4149513107151257321e-7},
    {'b', 0.025, 2, 9999, 0.000024221845640429847286},
    {'b', 0.5, 2, 9999, 0.00016782900661978237239},
    {'b', 0.975, 2, 9999, 0.00055703699794704730921},
    {'b', 1e-06, 50, 50, 0.27465129414143017395},
    {'b', 0.025, 50, 50, 0.4026979165900575493},
    {'b', 0.5, 50, 50, 0.5},
    {'b', 0.975, 50, 50, 0.59730208340994243336},
    {'b', 1e-06, 0.5, 3, 2.8444444444455229689e-13},
    {'b', 0.025, 0.5, 3, 0.00017781993293475773111},
    {'b', 0.5, 0.5, 3, 0.079032767076172996149},
    {'b', 0.975, 0.5, 3, 0.59495313301340329248},
    {'b', 1e-06, 300, 16327, 0.013547790588287671992},
    {'b', 0.025, 300, 16327, 0.016075274433787602368},
    {'b', 0.5, 300, 16327, 0.018023621080201592802},
    {'b', 0.975, 300, 16327, 0.020120403679821428647},
    {'I', 0.3, 2, 3, 0.34829999999999998042},
    {'I', 0.01, 2, 200, 0.59806097542611415618},
    {'I', 0.99, 30, 2, 0.96161048540476448783},
    {'I', 0.51, 1000, 1000, 0.81444734056848855006},
    {'I', 1e-05, 3, 100000, 0.08030415619556050459},
};

static void quantiles(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof quantile_rows / sizeof *quantile_rows; i++) {
        double p = quantile_rows[i].p, a = quantile_rows[i].a, b = quantile_rows[i].b, got = NAN;
        switch (quantile_rows[i].kind) {
            case 'n':
                got = rsl_normal_quantile(p);
                break;
            case 't':
                got = rsl_student_quantile(p, a);
                break;
            case 'b':
                got = rsl_beta_quantile(p, a, b);
                break;
            case 'I':
                got = rsl_beta_share(p, a, b);
                break;
        }
        double want = quantile_rows[i].value;
        if (!(fabs(got - want) <= 1e-12 * fabs(want)))
            fail_msg("%c(%g; %g, %g): %.17g instead of %.17g", quantile_rows[i].kind, p, a, b, got,
                     want);
    }
    assert_true(rsl_normal_quantile(0.5) == 0);
    assert_true(rsl_beta_share(0, 2, 3) == 0 && rsl_beta_share(1, 2, 3) == 1);
    assert_true(rsl_beta_quantile(0, 2, 3) == 0 && rsl_beta_quantile(1, 2, 3) == 1);
}

static void logarithms(void **state) {
    (void)state;
    for (double x = 1e-300; x < 1e300; x *= 7.3) {
        assert_true(fabs(rsl_ln(x) - log(x)) <= 1e-15 * fabs(log(x)) + 1e-18);
        assert_true(fabs(rsl_exp(rsl_ln(x)) - x) <= 2e-13 * x);
    }
    assert_true(rsl_exp(0) == 1 && rsl_exp(-1000) == 0 && isinf(rsl_exp(1000)));
}

/* Large samples of incomplete beta: a beta(a, b) with equal parameters has its median at 1/2. */
static void many(void **state) {
    (void)state;
    for (double a = 1; a < 2e9; a *= 10) {
        assert_true(fabs(rsl_beta_quantile(0.5, a, a) - 0.5) < 1e-14);
        double x = rsl_beta_quantile(0.975, a, 3 * a);
        assert_true(fabs(rsl_beta_share(x, a, 3 * a) - 0.975) < 1e-9);
    }
}

static void near(struct rsl_interval i, double low, double high, double by) {
    if (!(fabs(i.low - low) <= by && fabs(i.high - high) <= by))
        fail_msg("[%.6f, %.6f] instead of [%.6f, %.6f]", i.low, i.high, low, high);
}

static void shares(void **state) {
    (void)state;
    static const struct {
        int64_t k, n;
        double wilson[2], exact[2];
    } rows[] = {{81, 263, {.2553, .3662}, {.2527, .3676}},
                {15, 148, {.0624, .1605}, {.0578, .1617}},
                {0, 20, {0, .1611}, {0, .1684}},
                {1, 29, {.0061, .1718}, {.0009, .1776}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t k = rows[i].k, n = rows[i].n;
        const double *w = rows[i].wilson, *e = rows[i].exact;
        near(rsl_wilson_interval(k, n, 0.95), w[0], w[1], 5.1e-5);
        near(rsl_wilson_interval(n - k, n, 0.95), 1 - w[1], 1 - w[0], 5.1e-5);
        near(rsl_clopper_pearson_interval(k, n, 0.95), e[0], e[1], 5.1e-5);
        near(rsl_clopper_pearson_interval(n - k, n, 0.95), 1 - e[1], 1 - e[0], 5.1e-5);
    }
    near(rsl_wilson_interval(0, 0, 0.95), 0, 1, 0);
    near(rsl_clopper_pearson_interval(0, 0, 0.95), 0, 1, 0);
}

/* Exact coverage of k of n over all k, for many p: Clopper-Pearson never covers less often than it
 * says; Wilson's mean is what it says; Wald's, which is not offered, is far below. */
static void exact_coverage(void **state) {
    (void)state;
    enum { N = 60, POINTS = 199 };
    double wilson_mean = 0, wald_mean = 0;
    for (int i = 1; i <= POINTS; i++) {
        double p = (double)i / (POINTS + 1), wilson = 0, exact = 0, wald = 0;
        double mass = pow(1 - p, N);
        for (int k = 0; k <= N; k++) {
            struct rsl_interval w = rsl_wilson_interval(k, N, 0.95);
            struct rsl_interval e = rsl_clopper_pearson_interval(k, N, 0.95);
            double share = (double)k / N, half = 1.96 * sqrt(share * (1 - share) / N);
            if (w.low <= p && p <= w.high) wilson += mass;
            if (e.low <= p && p <= e.high) exact += mass;
            if (fabs(share - p) <= half) wald += mass;
            mass *= (double)(N - k) / (k + 1) * p / (1 - p);
        }
        assert_true(exact >= 0.95);
        assert_true(wilson >= 0.83);
        wilson_mean += wilson / POINTS;
        wald_mean += wald / POINTS;
    }
    assert_true(fabs(wilson_mean - 0.95) < 0.005);
    assert_true(wald_mean < 0.93);
}

static void tallies(void **state) {
    (void)state;
    /* Five trials of 10 images; the mean and Student's interval by hand:
     * shares .1 .3 .2 .4 .5: mean .3, s = sqrt(.025), t_4 = 2.7764451. */
    struct rsl_tally t = {0};
    int hits[] = {1, 3, 2, 4, 5};
    near(rsl_tally_mean_interval(&t, 0.95), -1, 1, 0);
    near(rsl_tally_share_interval(&t, 0.95), 0, 1, 0);
    for (int i = 0; i < 5; i++) rsl_tally_add(&t, 10, hits[i]);
    assert_true(fabs(rsl_tally_mean(&t) - 0.3) < 1e-15);
    assert_true(fabs(rsl_tally_variance(&t) - 0.005) < 1e-15);
    double half = 2.7764451051977934 * sqrt(0.005);
    near(rsl_tally_mean_interval(&t, 0.95), 0.3 - half, 0.3 + half, 1e-12);
    assert_true(fabs(rsl_tally_design_effect(&t) - 0.005 * 50 / 0.21) < 1e-12);

    /* Blocks of different size: the ratio estimator, against its definition. */
    struct rsl_tally u = {0};
    int images[] = {64, 64, 17, 33}, drops[] = {5, -2, 0, 9};
    double mean = 12.0 / 178, sum = 0;
    for (int i = 0; i < 4; i++) {
        rsl_tally_add(&u, images[i], drops[i]);
        sum += (drops[i] - mean * images[i]) * (drops[i] - mean * images[i]);
    }
    assert_true(fabs(rsl_tally_mean(&u) - mean) < 1e-15);
    assert_true(fabs(rsl_tally_variance(&u) - 4.0 / 3 * sum / (178.0 * 178)) < 1e-15);
    near(rsl_accuracy_interval(0.92, (struct rsl_interval){-0.1, 0.05}), 0.87, 1, 1e-15);
}

/* Trials that are all equal have no variance, and rounding does not invent one; where nothing
 * happened, trials count and not their images. */
static void degenerate_tallies(void **state) {
    (void)state;
    struct rsl_tally equal = {0}, nothing = {0}, all = {0};
    for (int i = 0; i < 30; i++) {
        rsl_tally_add(&equal, 10000, 3333);
        rsl_tally_add(&nothing, 10000, 0);
        rsl_tally_add(&all, 10000, 10000);
    }
    assert_true(rsl_tally_variance(&equal) == 0);
    near(rsl_tally_mean_interval(&equal, 0.95), 0.3333, 0.3333, 1e-15);
    assert_true(rsl_tally_design_effect(&equal) == 1);
    assert_true(rsl_tally_design_effect(&nothing) == 10000);
    double t = rsl_student_quantile(0.975, 29), end = t * t / (30 + t * t);
    near(rsl_tally_share_interval(&nothing, 0.95), 0, end, 1e-12);
    near(rsl_tally_share_interval(&all, 0.95), 1 - end, 1, 1e-12);
}

/* Cochran's rule chooses: alike trials have Student's and the clustered interval, trials of single
 * faults, most of which change nothing, and trials that are all equal the one of bounded means. */
static void unlike_trials(void **state) {
    (void)state;
    struct rsl_tally alike = {0}, unlike = {0}, equal = {0}, images = {0};
    for (int i = 0; i < 40; i++) {
        rsl_tally_add(&alike, 1000, 100 + i);
        rsl_tally_add(&unlike, 1000, i == 7);
        rsl_tally_add(&equal, 1000, 0);
        rsl_tally_add(&images, 1, i % 2);
    }
    assert_true(rsl_trials_nearly_normal(&alike, 1));
    struct rsl_interval s = rsl_tally_mean_interval(&alike, 0.95);
    near(rsl_trials_mean_interval(&alike, 1, 0, 1, 0.95), s.low, s.high, 0);
    s = rsl_tally_share_interval(&alike, 0.95);
    near(rsl_trials_share_interval(&alike, 1, 0.95), s.low, s.high, 0);

    assert_false(rsl_trials_nearly_normal(&unlike, 1));
    struct rsl_stratum one = {.weight = 1};
    for (int i = 0; i < 40; i++) rsl_stratum_add(&one, i == 7 ? 0.001 : 0);
    s = rsl_bounded_mean_interval(&one, 1, 0, 1, 0.95);
    near(rsl_trials_share_interval(&unlike, 1, 0.95), s.low, s.high, 1e-12);
    assert_true(s.high > 0.09); /* as with none changed; the clustered interval ends at 0.0002 */
    assert_true(rsl_tally_share_interval(&unlike, 0.95).high < 0.001);

    assert_false(rsl_trials_nearly_normal(&equal, 1));
    double t = rsl_student_quantile(0.975, 39), end = t * t / (39 + t * t);
    near(rsl_trials_mean_interval(&equal, 1, -0.1, 0.9, 0.95), -0.1 * end, 0.9 * end, 1e-12);
    s = rsl_wilson_interval(20, 40, 0.95);
    near(rsl_trials_share_interval(&images, 1, 0.95), s.low, s.high, 0);
    /* Six trials as skewed as chance makes six: alike if they have a reason to be. */
    struct rsl_tally six = {0}, worse = {0};
    const int hits[6] = {100, 104, 99, 103, 101, 112};
    for (int i = 0; i < 6; i++) {
        rsl_tally_add(&six, 1000, hits[i]);
        rsl_tally_add(&worse, 1000, i == 5 ? 130 : hits[i]);
    }
    assert_false(rsl_trials_nearly_normal(&six, RSL_MANY_FAULTS - 1));
    assert_true(rsl_trials_nearly_normal(&six, RSL_MANY_FAULTS));
    assert_false(rsl_trials_nearly_normal(&worse, RSL_MANY_FAULTS));
    /* No further than the trials themselves can go. */
    struct rsl_tally wide = {0};
    for (int i = 0; i < 4; i++) rsl_tally_add(&wide, 1000, i % 2 ? 850 : 50);
    assert_true(rsl_tally_mean_interval(&wide, 0.95).high == 1);
    near(rsl_trials_mean_interval(&wide, RSL_MANY_FAULTS, -0.1, 0.9, 0.95), -0.1, 0.9, 0);

    struct rsl_tally none = {0};
    near(rsl_trials_share_interval(&none, 1, 0.95), 0, 1, 0);
    near(rsl_trials_mean_interval(&none, 1, -0.1, 0.9, 0.95), -0.1, 0.9, 0);
}

/* For 0 and 1 the interval of a bounded mean is Wilson's (with n - 1 and Student's quantile); far
 * from the bounds it is Student's; without any variance it still reaches t^2 D / (n - 1 + t^2). */
static void bounded_means(void **state) {
    (void)state;
    enum { N = 51 };
    double t = rsl_student_quantile(0.975, N - 1), n = N - 1;
    for (int k = 0; k <= N; k++) {
        struct rsl_stratum s = {.weight = 1};
        for (int i = 0; i < N; i++) rsl_stratum_add(&s, i < k);
        double p = (double)k / N, under = 1 + t * t / n, middle = (p + t * t / (2 * n)) / under;
        double half = t / under * sqrt(p * (1 - p) / n + t * t / (4 * n * n));
        near(rsl_bounded_mean_interval(&s, 1, 0, 1, 0.95), fmax(middle - half, 0),
             fmin(middle + half, 1), 1e-12);
    }
    struct rsl_stratum wide = {.weight = 1};
    for (int i = 0; i < N; i++) rsl_stratum_add(&wide, i);
    double sd = sqrt((N * N - 1) / 12.0 / n);
    near(rsl_bounded_mean_interval(&wide, 1, 25 - 1e-9, 25 + 1e-9, 0.95), 25, 25, 1e-8);
    struct rsl_interval far = rsl_bounded_mean_interval(&wide, 1, 0, 50, 0.95);
    assert_true(far.low < 25 - 0.9 * t * sd && far.high > 25 + 0.9 * t * sd);
    struct rsl_stratum equal = {.weight = 1};
    for (int i = 0; i < N; i++) rsl_stratum_add(&equal, 0.1);
    near(rsl_bounded_mean_interval(&equal, 1, -0.1, 0.9, 0.95), 0.1 - 0.2 * t * t / (n + t * t),
         0.1 + 0.8 * t * t / (n + t * t), 1e-12);
    struct rsl_stratum one = {.weight = 1};
    rsl_stratum_add(&one, 0.3);
    near(rsl_bounded_mean_interval(&one, 1, 0, 1, 0.95), 0, 1, 0);
}

/* Two strata: the weighted mean, and each one's own interval, roots of squares added. */
static void strata(void **state) {
    (void)state;
    struct rsl_stratum s[2] = {{.weight = 1}, {.weight = 1}};
    for (int i = 0; i < 40; i++) rsl_stratum_add(&s[0], i % 4 == 0);
    for (int i = 0; i < 100; i++) rsl_stratum_add(&s[1], i % 2 == 0);
    struct rsl_interval a = rsl_bounded_mean_interval(&s[0], 1, 0, 1, 0.95);
    struct rsl_interval b = rsl_bounded_mean_interval(&s[1], 1, 0, 1, 0.95);
    s[0].weight = 0.25;
    s[1].weight = 0.75;
    double mean = 0.25 * 0.25 + 0.75 * 0.5;
    assert_true(fabs(rsl_bounded_mean(s, 2) - mean) < 1e-15);
    near(rsl_bounded_mean_interval(s, 2, 0, 1, 0.95),
         mean - hypot(0.25 * (0.25 - a.low), 0.75 * (0.5 - b.low)),
         mean + hypot(0.25 * (a.high - 0.25), 0.75 * (b.high - 0.5)), 1e-14);
    double narrow = rsl_bounded_mean_width(s, 2, 0, 1, 1);
    assert_true(narrow > 0 && narrow < rsl_bounded_mean_width(s, 2, 0, 1, 2));
}

/* Trials x images with an effect of each: the bootstrap's coverage, its seed, its refusals. */
static void bootstrap(void **state) {
    (void)state;
    enum { TRIALS = 20, IMAGES = 40, REPEATS = 150 };
    int32_t values[TRIALS * IMAGES];
    int covered = 0;
    struct rsl_interval first = {0, 0}, again, other;
    for (uint64_t repeat = 0; repeat < REPEATS; repeat++) {
        struct rsl_rng rng = rsl_rng(5, repeat);
        double hard[IMAGES];
        for (int i = 0; i < IMAGES; i++) hard[i] = rsl_rng_unit(&rng);
        for (int t = 0; t < TRIALS; t++) {
            double rate = rsl_rng_unit(&rng);
            for (int i = 0; i < IMAGES; i++)
                values[t * IMAGES + i] = rsl_rng_unit(&rng) < rate * hard[i];
        }
        struct rsl_interval out;
        check_ok(rsl_bootstrap_interval(values, TRIALS, IMAGES, 1, 400, repeat, 0.95, &out));
        covered += out.low <= 0.25 && 0.25 <= out.high;
        if (repeat == 0) first = out;
        if (repeat > 0) continue;
        check_ok(rsl_bootstrap_interval(values, TRIALS, IMAGES, 1, 400, 0, 0.95, &again));
        check_ok(rsl_bootstrap_interval(values, TRIALS, IMAGES, 1, 400, 1, 0.95, &other));
        assert_true(first.low == again.low && first.high == again.high);
        assert_true(first.low != other.low);
    }
    if (covered < 0.9 * REPEATS) fail_msg("covered %d of %d", covered, REPEATS);

    /* Trials alone: like Student's interval of the same counts. */
    struct rsl_tally tally = {0};
    int32_t counts[TRIALS];
    struct rsl_rng rng = rsl_rng(6, 0);
    for (int t = 0; t < TRIALS; t++) {
        counts[t] = (int32_t)rsl_rng_below(&rng, 1000);
        rsl_tally_add(&tally, 1000, counts[t]);
    }
    struct rsl_interval out, student = rsl_tally_mean_interval(&tally, 0.95);
    check_ok(rsl_bootstrap_interval(counts, TRIALS, 1, 1000, 4000, 9, 0.95, &out));
    near(out, student.low, student.high, 0.1 * (student.high - student.low));
    check_fails(rsl_bootstrap_interval(counts, 1, 1, 1000, 4000, 9, 0.95, &out), RSL_EARG,
                "two trials");
    check_fails(rsl_bootstrap_interval(counts, 20, 1, 1000, 99, 9, 0.95, &out), RSL_EARG,
                "100 replicates");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),
        cmocka_unit_test(logarithms),
        cmocka_unit_test(many),
        cmocka_unit_test(shares),
        cmocka_unit_test(exact_coverage),
        cmocka_unit_test(tallies),
        cmocka_unit_test(degenerate_tallies),
        cmocka_unit_test(unlike_trials),
        cmocka_unit_test(bounded_means),
        cmocka_unit_test(strata),
        cmocka_unit_test(bootstrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
