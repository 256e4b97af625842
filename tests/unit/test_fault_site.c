/* Faults in activations: how many, where, in which shapes, and what values become. */
#include "fault/site.h"
#include "same_hits.h"

#include "base/alloc.h"
#include "check.h"
#include "torture.h"

#include <math.h>

static const struct rsl_site sites[] = {{3, 8, 8, 0.5f}, {40, 4, 6, 0.25f}, {10, 1, 1, 1.0f}};
enum { SITES = 3 };

static struct rsl_site_model counted(int64_t count) {
    return (struct rsl_site_model){.count = count, .last_channel = -1};
}

static struct rsl_site_model poisson(double rate) {
    return (struct rsl_site_model){.amount = RSL_SITES_POISSON, .rate = rate, .last_channel = -1};
}

static void check_hits(const struct rsl_site_model *m, const struct rsl_hits *h) {
    for (size_t i = 0; i < h->n; i++) {
        const struct rsl_hit *a = &h->at[i];
        assert_in_range(a->site, 0, SITES - 1);
        const struct rsl_site *s = &sites[a->site];
        assert_true(a->element >= 0 && a->element < s->channels * s->height * s->width);
        assert_int_equal(a->flips == 0, m->fixed);
        assert_true(rsl_site_form_bits(m->form) == 32 ||
                    a->flips >> rsl_site_form_bits(m->form) == 0);
        if (i == 0) continue;
        assert_true(a[-1].site < a->site || (a[-1].site == a->site && a[-1].element < a->element));
    }
}

static void test_purity(void **state) {
    (void)state;
    int at;
    struct rsl_site_model models[] = {counted(1), counted(20), poisson(0.01), poisson(0.5)};
    for (int i = 0; i < 4; i++) {
        struct rsl_site_model *m = &models[i];
        m->form = (enum rsl_site_form)(i % 3);
        m->pattern = (enum rsl_site_pattern)i;
        m->block_height = m->block_width = 2;
        check_ok(rsl_sites_check(m, sites, SITES, &at));
        struct rsl_hits a = {0}, b = {0};
        int differ = 0;
        for (uint64_t trial = 0; trial < 30; trial++) {
            check_ok(rsl_sites_draw(m, sites, SITES, 3, 29 - trial, &a));
            check_ok(rsl_sites_draw(m, sites, SITES, 3, trial, &a));
            check_hits(m, &a);
            rsl_hits_free(&b);
            check_ok(rsl_sites_draw(m, sites, SITES, 3, trial, &b));
            assert_true(same_hits(&a, &b));
            check_ok(rsl_sites_draw(m, sites, SITES, 4, trial, &b));
            differ += !same_hits(&a, &b);
        }
        assert_true(differ > 25);
        rsl_hits_free(&a);
        rsl_hits_free(&b);
    }
}

/* By layers each site is hit as often, by elements each element; bits are uniform in both. */
static void test_picks(void **state) {
    (void)state;
    enum { TRIALS = 20000 };
    for (int pick = 0; pick < 2; pick++) {
        struct rsl_site_model m = counted(1);
        struct rsl_hits h = {0};
        int64_t by_site[SITES] = {0}, by_bit[32] = {0};
        m.pick = (enum rsl_site_pick)pick;
        for (uint64_t trial = 0; trial < TRIALS; trial++) {
            check_ok(rsl_sites_draw(&m, sites, SITES, 1, trial, &h));
            assert_int_equal(h.n, 1);
            by_site[h.at[0].site]++;
            by_bit[__builtin_ctz(h.at[0].flips)]++;
        }
        double chi = 0, bits = 0, all = (double)rsl_sites_elements(&m, sites, SITES);
        for (int i = 0; i < SITES; i++) {
            double size = (double)(sites[i].channels * sites[i].height * sites[i].width);
            double expected = TRIALS * (pick == RSL_PICK_LAYERS ? 1.0 / SITES : size / all);
            chi += pow((double)by_site[i] - expected, 2) / expected;
        }
        for (int b = 0; b < 32; b++)
            bits += pow((double)by_bit[b] - TRIALS / 32.0, 2) * 32 / TRIALS;
        assert_true(chi < 13.8);  /* 99.9 %, 2 degrees of freedom */
        assert_true(bits < 61.1); /* ... 31 */
        rsl_hits_free(&h);
    }
}

/* Mean and variance of the number of hits, and every bit as likely as every other. */
static void test_poisson(void **state) {
    (void)state;
    struct rsl_site_model m = poisson(0.0005);
    struct rsl_hits h = {0};
    enum { TRIALS = 4000 };
    double sum = 0, squares = 0, mean = rsl_sites_expected(&m, sites, SITES);
    assert_true(mean == 0.0005 * 32 * (192 + 960 + 10));
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        check_ok(rsl_sites_draw(&m, sites, SITES, 2, trial, &h));
        double n = 0;
        for (size_t i = 0; i < h.n; i++) n += __builtin_popcount(h.at[i].flips);
        sum += n;
        squares += n * n;
    }
    double average = sum / TRIALS, variance = squares / TRIALS - average * average;
    assert_true(fabs(average - mean) < 4.5 * sqrt(mean / TRIALS));
    assert_true(fabs(variance / mean - 1) < 0.1);
    m.rate = 0;
    check_ok(rsl_sites_draw(&m, sites, SITES, 2, 0, &h));
    assert_int_equal(h.n, 0);
    rsl_hits_free(&h);
}

/* ---- patterns ---- */

static void test_patterns(void **state) {
    (void)state;
    const struct rsl_site s = sites[1]; /* 40 channels of 4 x 6 */
    for (int pattern = 0; pattern <= RSL_PATTERN_NEURONS; pattern++) {
        struct rsl_site_model m = counted(1);
        struct rsl_hits h = {0};
        m.pattern = (enum rsl_site_pattern)pattern;
        m.block_height = 2;
        m.block_width = 3;
        for (uint64_t trial = 0; trial < 200; trial++) {
            check_ok(rsl_sites_draw(&m, &s, 1, 1, trial, &h));
            int64_t low[3] = {INT64_MAX, INT64_MAX, INT64_MAX}, high[3] = {-1, -1, -1};
            for (size_t i = 0; i < h.n; i++) {
                int64_t e = h.at[i].element, at[3] = {e / 24, e / 6 % 4, e % 6};
                assert_int_equal(h.at[i].flips, h.at[0].flips);
                for (int k = 0; k < 3; k++) {
                    if (at[k] < low[k]) low[k] = at[k];
                    if (at[k] > high[k]) high[k] = at[k];
                }
            }
            int64_t span[3] = {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1};
            assert_int_equal(h.n, span[0] * span[1] * span[2]); /* a full box */
            if (pattern == RSL_PATTERN_ELEMENT) assert_int_equal(h.n, 1);
            if (pattern == RSL_PATTERN_ROW) assert_true(h.n == 6 && span[2] == 6);
            if (pattern == RSL_PATTERN_COLUMN) assert_true(h.n == 4 && span[1] == 4);
            if (pattern == RSL_PATTERN_BLOCK)
                assert_true(span[1] == (low[1] == 3 ? 1 : 2) &&
                            span[2] == (low[2] > 3 ? 6 - low[2] : 3));
            if (pattern == RSL_PATTERN_NEURONS)
                assert_true(low[0] % 16 == 0 && span[0] == (low[0] == 32 ? 8 : 16));
        }
        rsl_hits_free(&h);
    }
}

static void test_restrictions(void **state) {
    (void)state;
    int at;
    struct rsl_site_model m = counted(3);
    struct rsl_hits h = {0};
    m.pick = RSL_PICK_ELEMENTS;
    m.bits = 0xc0000001;
    m.first_channel = 5;
    m.last_channel = 20;
    m.pattern = RSL_PATTERN_NEURONS;
    check_ok(rsl_sites_check(&m, sites, SITES, &at));
    assert_int_equal(rsl_sites_elements(&m, sites, SITES), 16 * 24 + 5);
    for (uint64_t trial = 0; trial < 300; trial++) {
        check_ok(rsl_sites_draw(&m, sites, SITES, 1, trial, &h));
        for (size_t i = 0; i < h.n; i++) {
            int64_t map = sites[h.at[i].site].height * sites[h.at[i].site].width;
            assert_true(h.at[i].site > 0);
            assert_in_range(h.at[i].element / map, 5, 20);
            assert_int_equal(h.at[i].flips & ~0xc0000001u, 0);
        }
    }
    rsl_hits_free(&h);
}

/* ---- values ---- */

static float hit(enum rsl_site_form form, float value, uint32_t flips) {
    struct rsl_site_model m = {.form = form};
    const struct rsl_site s = {1, 1, 1, 0.5f};
    return rsl_hit_value(&m, &s, &(struct rsl_hit){.flips = flips}, value);
}

/* The integer with bits 0 and 7 inverted, or (value) that value in its place. */
static int hit_code(const float *value, uint8_t code, bool is_signed) {
    struct rsl_site_model m = {.form = RSL_AS_INT8, .fixed = value, .value = value ? *value : 0};
    const struct rsl_site s = {1, 1, 1, 0.5f};
    return rsl_hit_code(&m, &s, &(struct rsl_hit){.flips = value ? 0 : 0x81}, code, is_signed);
}

static void test_values(void **state) {
    (void)state;
    int at;
    assert_true(hit(RSL_AS_F32, 1.5f, 1u << 31) == -1.5f);
    assert_true(hit(RSL_AS_F32, 1.0f, 1u << 23) == 0.5f);
    assert_true(isinf(hit(RSL_AS_F32, 1.0f, 1u << 30)));
    assert_true(hit(RSL_AS_F32, 1.0f, 1) == 1.0f + 0x1p-23f);
    assert_true(hit(RSL_AS_BF16, 1.0f, 1) == 1.0f + 0x1p-7f);
    assert_true(hit(RSL_AS_BF16, 1.001f, 1u << 15) == -1.0f); /* rounded first */
    assert_true(hit(RSL_AS_INT8, 3.0f, 1) == 3.5f);
    assert_true(hit(RSL_AS_INT8, 3.0f, 1u << 7) == 0.5f * (6 - 128));
    assert_true(hit(RSL_AS_INT8, 1000.0f, 2) == 0.5f * 125);
    assert_true(hit(RSL_AS_INT8, -1000.0f, 1u << 7) == 0);
    assert_true(hit(RSL_AS_INT8, -INFINITY, 1) == 0.5f * -127);
    assert_true(hit(RSL_AS_INT8, NAN, 4) == 2.0f);
    assert_int_equal(hit_code(NULL, 200, false), 200 ^ 0x81);
    assert_int_equal(hit_code(&(float){-7.3f}, 200, false), 0);
    assert_int_equal(hit_code(&(float){-7.3f}, 200, true), 0xf1); /* -15 */
    assert_int_equal(hit_code(&(float){70}, 200, false), 140);
    assert_int_equal(hit_code(&(float){70}, 200, true), 127);
    assert_int_equal(hit_code(&(float){INFINITY}, 200, false), 255);
    assert_int_equal(hit_code(&(float){-INFINITY}, 200, true), 0x80);
    assert_int_equal(hit_code(&(float){NAN}, 200, false), 0);
    struct rsl_site_model m = counted(500);
    struct rsl_hits h = {0};
    m.fixed = true;
    m.value = -7;
    check_ok(rsl_sites_check(&m, sites, SITES, &at));
    check_ok(rsl_sites_draw(&m, sites, SITES, 1, 1, &h));
    check_hits(&m, &h);
    assert_true(h.n > 100 && h.n < 500); /* some elements twice */
    assert_true(rsl_hit_value(&m, &sites[0], &h.at[0], 3) == -7);
    rsl_hits_free(&h);
}

static void test_refusals(void **state) {
    (void)state;
    int at;
    struct rsl_site_model m = counted(1);
    check_fails(rsl_sites_check(&m, sites, 0, &at), RSL_EARG, "no activation");
    const struct rsl_site empty = {0, 4, 4, 1}, huge = {1 << 28, 1 << 28, 1 << 28, 1},
                          unscaled = {1, 1, 1, 0};
    check_fails(rsl_sites_check(&m, &empty, 1, &at), RSL_EARG, "has the impossible shape");
    check_fails(rsl_sites_check(&m, &huge, 1, &at), RSL_EARG, "impossible shape");
    m.form = RSL_AS_INT8;
    check_fails(rsl_sites_check(&m, &unscaled, 1, &at), RSL_EARG, "no scale");
    m.bits = 256;
    check_fails(rsl_sites_check(&m, sites, SITES, &at), RSL_EARG, "8 bits, 0 to 7");
    m = counted(0);
    check_fails(rsl_sites_check(&m, sites, SITES, &at), RSL_EARG, "from 1");
    m = poisson((double)NAN);
    check_fails(rsl_sites_check(&m, sites, SITES, &at), RSL_EARG, "from 0 to 1");
    m = counted(1);
    m.pattern = RSL_PATTERN_BLOCK;
    check_fails(rsl_sites_check(&m, sites, SITES, &at), RSL_EARG, "no elements");
    m = counted(1);
    m.first_channel = m.last_channel = 12;
    check_fails(rsl_sites_check(&m, sites, SITES, &at), RSL_EARG, "the activation has 3 channels");
    assert_int_equal(at, 0);
    m.pick = RSL_PICK_ELEMENTS;
    check_ok(rsl_sites_check(&m, sites, SITES, &at));
    m.first_channel = m.last_channel = 99;
    check_fails(rsl_sites_check(&m, sites, SITES, &at), RSL_EARG, "no activation has channels");
    assert_int_equal(at, -1);
}

static int whole_life(void *context) {
    struct rsl_site_model m = poisson(0.1);
    struct rsl_hits h = {0};
    (void)context;
    m.pattern = RSL_PATTERN_NEURONS;
    int rc = rsl_sites_draw(&m, sites, SITES, 1, 1, &h);
    rsl_hits_free(&h);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    assert_true(torture(whole_life, NULL) > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_purity),       cmocka_unit_test(test_picks),
        cmocka_unit_test(test_poisson),      cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_restrictions), cmocka_unit_test(test_values),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
