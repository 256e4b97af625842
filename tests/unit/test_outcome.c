/* Outcomes of single images: the classes, and that their counts add up. */
#include "check.h"

#include "base/philox.h"
#include "campaign/outcome.h"

#include <math.h>

enum { CLASSES = 3 };

static void test_classes(void **state) {
    (void)state;
    static const struct {
        float golden[CLASSES], faulty[CLASSES];
        int label;
        enum rsl_outcome outcome;
        bool right, golden_right;
    } cases[] = {
        {{1, 2, 3}, {1, 2, 3}, 2, RSL_MASKED, true, true},
        {{1, 2, 3}, {1, 2, 3}, 0, RSL_MASKED, false, false},
        {{0, -1, -2}, {-0.0F, -1, -2}, 0, RSL_MASKED, true, true},
        {{1, 2, 3}, {1, 2, 3.5F}, 2, RSL_TOLERABLE, true, true},
        {{1, 2, 3}, {4, 2, 3}, 2, RSL_SDC, false, true},
        {{1, 2, 3}, {4, 2, 3}, 0, RSL_SDC_RIGHT, true, false},
        {{1, 2, 3}, {4, 2, 3}, 1, RSL_SDC, false, false},
        {{1, 2, 3}, {3, 2, 3}, 2, RSL_SDC, false, true}, /* the first of equals */
        {{1, 2, 3}, {1, 2, INFINITY}, 2, RSL_DUE, true, true},
        {{1, 2, 3}, {1, -INFINITY, 3}, 2, RSL_DUE, true, true},
        {{1, 2, 3}, {1, 2, NAN}, 2, RSL_DUE, true, true},
        {{1, 2, 3}, {1, NAN, INFINITY}, 2, RSL_DUE_SDC, false, true}, /* the first NaN */
        {{1, 2, 3}, {NAN, NAN, NAN}, 0, RSL_DUE_SDC_RIGHT, true, false},
        {{1, 2, INFINITY}, {1, 2, INFINITY}, 2, RSL_DUE, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_store_trial t = {0};
        uint8_t outcome = 99, right = 99;
        struct rsl_outcome_tile tile = {.golden = cases[i].golden,
                                        .faulty = cases[i].faulty,
                                        .labels = &cases[i].label,
                                        .n = 1,
                                        .classes = CLASSES,
                                        .outcomes = &outcome};
        rsl_outcomes_add(&t, &tile);
        rsl_outcomes_right(&tile, &right);
        if (outcome != cases[i].outcome) fail_msg("case %zu: outcome %d", i, outcome);
        assert_int_equal(t.images, 1);
        assert_int_equal(t.correct, cases[i].right);
        assert_int_equal(t.golden_correct, cases[i].golden_right);
        assert_int_equal(right, cases[i].golden_right);
        assert_int_equal(t.masked + t.tolerable + t.sdc + t.due - t.due_sdc, 1);
    }
}

static void test_counts_add_up(void **state) {
    (void)state;
    enum { N = 500 };
    float golden[N * CLASSES], faulty[N * CLASSES];
    int labels[N];
    uint8_t outcomes[N];
    int64_t seen[RSL_OUTCOMES] = {0};
    struct rsl_rng r = rsl_rng(1, 2);
    for (int i = 0; i < N * CLASSES; i++) {
        golden[i] = (float)rsl_rng_below(&r, 4);
        faulty[i] = rsl_rng_below(&r, 3) ? golden[i] : (float)rsl_rng_below(&r, 4);
        if (rsl_rng_below(&r, 40) == 0) faulty[i] = NAN;
        labels[i / CLASSES] = (int)rsl_rng_below(&r, CLASSES);
    }
    struct rsl_outcome_tile tile = {golden, faulty, labels, N, CLASSES, outcomes};
    struct rsl_store_trial t = {.masked = 7, .images = 7, .correct = 3, .golden_correct = 3};
    rsl_outcomes_add(&t, &tile);
    for (int i = 0; i < N; i++) seen[outcomes[i]]++;
    assert_int_equal(t.images, N + 7);
    assert_int_equal(t.masked, seen[RSL_MASKED] + 7);
    assert_int_equal(t.tolerable, seen[RSL_TOLERABLE]);
    assert_int_equal(t.due_sdc, seen[RSL_DUE_SDC] + seen[RSL_DUE_SDC_RIGHT]);
    assert_int_equal(t.due, seen[RSL_DUE] + t.due_sdc);
    assert_int_equal(t.sdc, seen[RSL_SDC] + seen[RSL_SDC_RIGHT] + t.due_sdc);
    for (int o = 0; o < RSL_OUTCOMES; o++) assert_true(seen[o] > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_counts_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
