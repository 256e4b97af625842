/* Parts of a set: the first images, or as many of each class where the set is sorted by class. */
#include "check.h"

#include "base/alloc.h"
#include "data/data.h"
#include "data/subset.h"

static const struct rsl_data_type type = {.name = "made"};

static struct rsl_data set_of(int *labels, int64_t n, int classes) {
    return (struct rsl_data){.type = &type, .count = n, .classes = classes, .labels = labels};
}

static void check(int *labels, int64_t n, int64_t count, const int64_t *want, int classes) {
    struct rsl_data d = set_of(labels, n, 3);
    int64_t *subset;
    check_ok(rsl_subset_choose(&d, count, &subset));
    if (!want != !subset) fail_msg("%d images: %s", (int)count, subset ? "chosen" : "the first");
    for (int64_t i = 0; want && i < count; i++) assert_int_equal(subset[i], want[i]);
    assert_int_equal(rsl_subset_classes(&d, subset, count), classes);
    rsl_free(subset);
}

static void sorted_by_class(void **state) {
    (void)state;
    int labels[] = {0, 0, 0, 0, 1, 2, 2, 2};
    check(labels, 8, 8, NULL, 3);
    check(labels, 8, 7, (const int64_t[]){0, 1, 2, 4, 5, 6, 7}, 3);
    check(labels, 8, 6, (const int64_t[]){0, 1, 2, 4, 5, 6}, 3);
    check(labels, 8, 5, (const int64_t[]){0, 1, 4, 5, 6}, 3);
    check(labels, 8, 4, (const int64_t[]){0, 1, 4, 5}, 3);
    check(labels, 8, 3, (const int64_t[]){0, 4, 5}, 3);
    check(labels, 8, 2, (const int64_t[]){0, 4}, 2);
    check(labels, 8, 1, (const int64_t[]){0}, 1);
}

static void in_any_order(void **state) {
    (void)state;
    int labels[] = {0, 0, 0, 0, 1, 2, 1, 2};
    check(labels, 8, 4, NULL, 1);
    check(labels, 8, 6, NULL, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_by_class),
        cmocka_unit_test(in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
