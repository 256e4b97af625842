/* The rule of who is ahead, with the values that faults produce. */
#include "check.h"

#include "metric/ranking.h"

#include <math.h>

static void test_argmax(void **state) {
    (void)state;
    assert_int_equal(rsl_argmax((float[]){1, 3, 3, 2}, 4), 1);
    assert_int_equal(rsl_argmax((float[]){1, NAN, INFINITY, NAN}, 4), 1);
    assert_int_equal(rsl_argmax((float[]){NAN, NAN}, 2), 0);
    assert_int_equal(rsl_argmax((float[]){-INFINITY, -INFINITY}, 2), 0);
    assert_int_equal(rsl_argmax((float[]){-0.0F, 0.0F}, 2), 0);
}

static void test_rank_is_a_permutation(void **state) {
    (void)state;
    const float rows[][6] = {{1, 2, 3, 4, 5, 6},
                             {1, 1, 1, 1, 1, 1},
                             {NAN, 1, NAN, -INFINITY, INFINITY, 1},
                             {NAN, NAN, NAN, NAN, NAN, NAN}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        bool seen[6] = {false};
        for (int label = 0; label < 6; label++) {
            int rank = rsl_rank(rows[r], 6, label);
            assert_in_range(rank, 0, 5);
            assert_false(seen[rank]);
            seen[rank] = true;
            assert_int_equal(rank == 0, rsl_argmax(rows[r], 6) == label);
        }
    }
}

static void test_cross_entropy(void **state) {
    (void)state;
    const float row[3] = {1, 2, 3}; /* PyTorch: 2.4076059, 0.4076059 */
    assert_true(fabs(rsl_cross_entropy(row, 3, 0) - 2.4076059644443806) < 1e-12);
    assert_true(fabs(rsl_cross_entropy(row, 3, 2) - 0.4076059644443806) < 1e-12);
    const float large[2] = {3e38F, -3e38F};
    assert_true(rsl_cross_entropy(large, 2, 0) == 0);
    assert_true(isfinite(rsl_cross_entropy(large, 2, 1)));
    const float broken[2] = {NAN, 1};
    assert_true(isnan(rsl_cross_entropy(broken, 2, 1)));
    assert_false(rsl_all_finite(broken, 2));
    assert_true(rsl_all_finite(large, 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_argmax),
        cmocka_unit_test(test_rank_is_a_permutation),
        cmocka_unit_test(test_cross_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
