/* Skipping draws what drawing every position would: the rate, the gaps, the ends. */
#include "check.h"

#include "fault/skip.h"

#include <math.h>

static uint64_t count(double rate, uint64_t n, uint64_t stream) {
    struct rsl_skip s = rsl_skip(rate, n, rsl_rng(7, stream));
    uint64_t found = 0, before = 0;
    for (uint64_t at; rsl_skip_next(&s, &at); found++) {
        assert_true(at < n);
        assert_true(found == 0 || at > before);
        before = at;
    }
    return found;
}

static void ends(void **state) {
    (void)state;
    assert_int_equal(count(0, 1000, 0), 0);
    assert_int_equal(count(1, 1000, 0), 1000);
    assert_int_equal(count(0.5, 0, 0), 0);
    assert_int_equal(count(1e-300, UINT64_MAX, 0), 0);
}

/* The number is binomial: its mean over 400 trials lies within 4.5 standard errors. */
static void rates(void **state) {
    (void)state;
    static const struct {
        double rate;
        uint64_t n;
    } cases[] = {{1e-6, 50000000}, {1e-3, 100000}, {0.1, 1000},
                 {0.5, 100},       {0.9, 100},     {0.999, 99}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double p = cases[i].rate, n = (double)cases[i].n, sum = 0;
        for (uint64_t trial = 0; trial < 400; trial++)
            sum += (double)count(p, cases[i].n, 100 * i + trial * 1000);
        double error = sqrt(n * p * (1 - p) / 400);
        if (fabs(sum / 400 - n * p) > 4.5 * error)
            fail_msg("rate %g of %g: %g instead of %g", p, n, sum / 400, n * p);
    }
}

/* Every position is as likely as every other: chi-square over 16 positions at rate 0.3. */
static void positions(void **state) {
    (void)state;
    int64_t hits[16] = {0};
    for (uint64_t trial = 0; trial < 4000; trial++) {
        struct rsl_skip s = rsl_skip(0.3, 16, rsl_rng(11, trial));
        for (uint64_t at; rsl_skip_next(&s, &at);) hits[at]++;
    }
    double chi = 0;
    for (int i = 0; i < 16; i++) {
        double d = (double)hits[i] - 1200;
        chi += d * d / (4000 * 0.3 * 0.7);
    }
    assert_true(chi < 39.3); /* 99.9 % of 16 degrees of freedom */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends), cmocka_unit_test(rates),
                                       cmocka_unit_test(positions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
