/* The zoo: every network against the published counts, its shapes, its weights. */
#include "check.h"

#include "resile/zoo.h"

static void test_names_are_known_and_unique(void **state) {
    (void)state;
    assert_true(rsl_zoo_count() >= 30);
    for (size_t i = 0; i < rsl_zoo_count(); i++) {
        int64_t chw[3];
        check_ok(rsl_zoo_input(i, chw));
        assert_true(chw[0] >= 1 && chw[1] >= 28 && chw[2] >= 28);
        assert_true(strlen(rsl_zoo_summary(i)) > 5 && strlen(rsl_zoo_source(i)) > 3);
        for (size_t k = 0; k < i; k++) assert_string_not_equal(rsl_zoo_name(i), rsl_zoo_name(k));
    }
    assert_null(rsl_zoo_name(rsl_zoo_count()));
    check_fails((int)rsl_zoo_classes(1000), RSL_EARG, "no network 1000");
}

static void test_unknown_name_gets_the_nearest(void **state) {
    (void)state;
    struct rsl_model *m = NULL;
    check_fails(rsl_zoo_build(&m, "resnet-18", NULL), RSL_ENOTFOUND,
                "there is no network 'resnet-18'; the nearest are resnet18, ");
    check_fails(rsl_zoo_build(&m, "", NULL), RSL_ENOTFOUND, "the nearest are");
    assert_null(m);
}

static void test_impossible_options_are_refused(void **state) {
    (void)state;
    struct rsl_model *m = NULL;
    struct rsl_zoo_options o = {.classes = -1};
    check_fails(rsl_zoo_build(&m, "lenet5", &o), RSL_EARG, "'lenet5' cannot have -1 classes");
    o = (struct rsl_zoo_options){.classes = 10};
    check_fails(rsl_zoo_build(&m, "unetl", &o), RSL_EARG, "has no classes");
    o = (struct rsl_zoo_options){.channels = 3, .height = 0, .width = 32};
    check_fails(rsl_zoo_build(&m, "resnet20", &o), RSL_EARG, "0 rows of pixels");
    o = (struct rsl_zoo_options){.channels = 3, .height = 32, .width = INT64_MAX};
    check_fails(rsl_zoo_build(&m, "resnet20", &o), RSL_EARG, "columns of pixels");
    assert_null(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_known_and_unique),
        cmocka_unit_test(test_unknown_name_gets_the_nearest),
        cmocka_unit_test(test_impossible_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
