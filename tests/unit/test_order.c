/* The order of an epoch: always a permutation, every one equally likely, nothing but seed and epoch
 * decide it. */
#include "check.h"

#include "data/order.h"

static void test_is_a_permutation(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 43, 1000, 4096};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int64_t order[4096];
        char seen[4096] = {0};
        rsl_order_shuffle(5, 9, sizes[k], order);
        for (int64_t i = 0; i < sizes[k]; i++) {
            assert_in_range(order[i], 0, sizes[k] - 1);
            assert_int_equal(seen[order[i]]++, 0);
        }
    }
}

/* If this fails, no training can be repeated with a newer version: the order is part of a seed's
 * meaning. */
static void test_pinned(void **state) {
    (void)state;
    int64_t order[10];
    static const int64_t expected[2][10] = {{7, 6, 9, 5, 1, 0, 2, 8, 4, 3},
                                            {7, 5, 0, 8, 6, 4, 9, 1, 2, 3}};
    for (int epoch = 0; epoch < 2; epoch++) {
        rsl_order_shuffle(1, epoch, 10, order);
        assert_memory_equal(order, expected[epoch], sizeof order);
    }
}

static void test_epochs_and_seeds_differ(void **state) {
    (void)state;
    enum { N = 1000 };
    int64_t a[N], b[N];
    const struct {
        uint64_t seed;
        int64_t epoch;
    } others[] = {{1, 1}, {2, 0}, {UINT64_MAX, 0}, {1, INT64_MAX}, {0, 1}};
    rsl_order_shuffle(1, 0, N, a);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        int same = 0;
        rsl_order_shuffle(others[k].seed, others[k].epoch, N, b);
        for (int i = 0; i < N; i++) same += a[i] == b[i];
        assert_true(same < 12); /* one is expected */
    }
    rsl_order_shuffle(1, 0, N, b);
    assert_memory_equal(a, b, sizeof a);
}

/* Each of the 24 orders of four, 24000 draws: 1000 expected, standard deviation 31. */
static void test_every_order_is_equally_likely(void **state) {
    (void)state;
    int count[256] = {0}, kinds = 0;
    for (int epoch = 0; epoch < 24000; epoch++) {
        int64_t o[4];
        rsl_order_shuffle(7, epoch, 4, o);
        count[o[0] << 6 | o[1] << 4 | o[2] << 2 | o[3]]++;
    }
    for (int k = 0; k < 256; k++) {
        if (count[k] == 0) continue;
        kinds++;
        assert_in_range(count[k], 850, 1150);
    }
    assert_int_equal(kinds, 24);
}

static void test_batches(void **state) {
    (void)state;
    assert_int_equal(rsl_order_batches(50000, 128), 390);
    assert_int_equal(rsl_order_batches(128, 128), 1);
    assert_int_equal(rsl_order_batches(127, 128), 0);
    assert_int_equal(rsl_order_batches(7, 1), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_a_permutation),
        cmocka_unit_test(test_pinned),
        cmocka_unit_test(test_epochs_and_seeds_differ),
        cmocka_unit_test(test_every_order_is_equally_likely),
        cmocka_unit_test(test_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
