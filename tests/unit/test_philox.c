/* Randomness: Random123's known answers, and normal draws that need no libm. */
#include "base/philox.h"

#include "check.h"

#include <math.h>

static void check_draw(struct rsl_philox4 got, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    const uint32_t expected[] = {a, b, c, d};
    assert_memory_equal(got.v, expected, sizeof expected);
}

/* The vectors "philox4x32 10" of Random123's kat_vectors. */
static void test_known_answers(void **state) {
    (void)state;
    check_draw(rsl_philox(0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    check_draw(rsl_philox(UINT64_MAX, UINT64_MAX, UINT64_MAX), 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
               0x6d5451fd);
    check_draw(rsl_philox(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88), 0xd16cfe09,
               0x94fdcceb, 0x5001e420, 0x24126ea1);
}

static void test_reader_follows_the_draws(void **state) {
    (void)state;
    struct rsl_rng rng = rsl_rng(3, 4);
    for (uint64_t i = 0; i < 3; i++) {
        struct rsl_philox4 draw = rsl_philox(3, 4, i);
        for (int k = 0; k < 4; k++) assert_int_equal(rsl_rng_u32(&rng), draw.v[k]);
    }
    for (int i = 0; i < 1000; i++) {
        assert_true(rsl_rng_below(&rng, 7) < 7);
        double u = rsl_rng_unit(&rng);
        assert_true(u >= 0 && u < 1);
    }
    assert_int_equal(rsl_rng_below(&rng, 1), 0);
}

/* Against Box-Muller with libm; every octant of the angle and both ends of the radius. */
static void test_normal_pair_is_box_muller(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        struct rsl_philox4 d = rsl_philox(1, 2, i);
        if (i < 64) { /* extreme words */
            for (int k = 0; k < 4; k++) d.v[k] = i >> k & 1 ? UINT32_MAX : 0;
            d.v[3] = (uint32_t)(i >> 3) << 29;
        }
        double u = (double)((d.v[0] | (uint64_t)d.v[1] << 32) >> 11) * 0x1p-53;
        double v = (double)((d.v[2] | (uint64_t)d.v[3] << 32) >> 11) * 0x1p-53;
        double radius = sqrt(-2 * log(1 - u)), angle = 6.283185307179586 * v, pair[2];
        rsl_normal_pair(d, pair);
        assert_true(fabs(pair[0] - radius * cos(angle)) < 1e-14);
        assert_true(fabs(pair[1] - radius * sin(angle)) < 1e-14);
    }
}

static void test_normal_moments(void **state) {
    (void)state;
    struct rsl_rng rng = rsl_rng(1, 0);
    double sums[4] = {0};
    enum { N = 200000 };
    for (int i = 0; i < N; i++) {
        double x = rsl_rng_normal(&rng), power = 1;
        for (int k = 0; k < 4; k++) sums[k] += power *= x;
    }
    assert_true(fabs(sums[0] / N) < 0.01 && fabs(sums[1] / N - 1) < 0.015);
    assert_true(fabs(sums[2] / N) < 0.04 && fabs(sums[3] / N - 3) < 0.12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_reader_follows_the_draws),
        cmocka_unit_test(test_normal_pair_is_box_muller),
        cmocka_unit_test(test_normal_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
