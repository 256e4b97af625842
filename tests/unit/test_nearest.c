/* Suggestions for names that do not exist. */
#include "base/nearest.h"

#include "check.h"

static const char *five(size_t i) {
    static const char *const names[] = {"convl", "convs", "deconvl", "unetl", "alexnet"};
    return i < 5 ? names[i] : NULL;
}

static const char *none(size_t i) {
    (void)i;
    return NULL;
}

static const char *long_names(size_t i) {
    static char name[400];
    memset(name, 'a' + (int)i, sizeof name - 1);
    return i < 4 ? name : NULL;
}

static void test_nearest_first(void **state) {
    (void)state;
    char text[RSL_NEAREST_TEXT];
    assert_string_equal(rsl_nearest("convl", five, text), "convl, convs, deconvl");
    assert_string_equal(rsl_nearest("unet", five, text), "unetl, convl, convs");
    assert_string_equal(rsl_nearest("alxnet", five, text), "alexnet, unetl, convl");
}

static void test_limits(void **state) {
    (void)state;
    char text[RSL_NEAREST_TEXT], word[1000];
    assert_string_equal(rsl_nearest("x", none, text), "");
    assert_string_equal(rsl_nearest("", five, text), "convl, convs, unetl");
    memset(word, 'x', sizeof word);
    word[sizeof word - 1] = 0;
    assert_true(strlen(rsl_nearest(word, five, text)) > 0);
    assert_int_equal(strlen(rsl_nearest("x", long_names, text)), 3 * 80 + 2 * 2); /* cut */
}

static void test_unknown(void **state) {
    (void)state;
    check_fails(rsl_fail_unknown("network", "unet", five), RSL_ENOTFOUND,
                "there is no network 'unet', did you mean unetl? There are convl, convs, deconvl, "
                "unetl, alexnet");
    check_fails(rsl_fail_unknown("thing", "x", long_names), RSL_ENOTFOUND, "no thing 'x'");
    static char word[5000];
    memset(word, 'w', sizeof word - 1);
    check_fails(rsl_fail_unknown("network", word, five), RSL_ENOTFOUND, "There are convl");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest_first),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
