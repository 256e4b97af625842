/* Scores come back for the same tile only, and nothing is kept of what would be too much. */
#include "campaign/golden_cache.h"

#include "base/status.h"
#include "check.h"
#include "torture.h"

enum { PLACES = 40, CLASSES = 3 };

static void test_tiles(void **state) {
    (void)state;
    struct rsl_golden_cache c;
    float scores[16 * CLASSES], got[16 * CLASSES];
    for (int i = 0; i < 16 * CLASSES; i++) scores[i] = (float)i;
    check_ok(rsl_golden_cache_init(&c, PLACES, CLASSES));
    assert_false(rsl_golden_cache_get(&c, 16, 16, got));
    rsl_golden_cache_put(&c, 16, 16, scores);
    assert_true(rsl_golden_cache_get(&c, 16, 16, got));
    assert_memory_equal(got, scores, sizeof got);
    assert_false(rsl_golden_cache_get(&c, 16, 8, got)); /* fewer images, another run */
    assert_false(rsl_golden_cache_get(&c, 17, 15, got));
    scores[0] = -1;
    rsl_golden_cache_put(&c, 8, 16, scores); /* overlaps: the first stays */
    assert_false(rsl_golden_cache_get(&c, 8, 16, got));
    rsl_golden_cache_put(&c, 32, 8, scores); /* the last, shorter one */
    assert_true(rsl_golden_cache_get(&c, 32, 8, got));
    assert_true(rsl_golden_cache_get(&c, 16, 16, got));
    assert_float_equal(got[0], 0, 0);
    rsl_golden_cache_clear(&c);
    assert_false(rsl_golden_cache_get(&c, 16, 16, got));
    rsl_golden_cache_free(&c);
}

static void test_too_many(void **state) {
    (void)state;
    struct rsl_golden_cache c;
    float score = 1;
    check_ok(rsl_golden_cache_init(&c, (int64_t)1 << 40, 1000));
    rsl_golden_cache_put(&c, 0, 1, &score);
    assert_false(rsl_golden_cache_get(&c, 0, 1, &score));
    rsl_golden_cache_clear(&c);
    rsl_golden_cache_free(&c);
}

static int make(void *context) {
    struct rsl_golden_cache c;
    (void)context;
    int rc = rsl_golden_cache_init(&c, PLACES, CLASSES);
    rsl_golden_cache_free(&c);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    assert_int_equal(torture(make, NULL), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
