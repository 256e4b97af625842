/* Numbers as text, the same in a program whose locale has a decimal comma. */
#define _XOPEN_SOURCE 700
#include "check.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/number.h"
#include "fault/fault_int.h"

static bool has_comma(void) {
    return strcmp(localeconv()->decimal_point, ",") == 0;
}

/* A locale of the machine with a decimal comma, or one made in a folder of ours. */
static bool take_comma_locale(char *folder) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
    char command[200];
    for (int i = 0; i < 4; i++)
        if (setlocale(LC_ALL, names[i]) && has_comma()) return true;
    if (!mkdtemp(folder)) return false;
    snprintf(command, sizeof command,
             "localedef -i de_DE -f UTF-8 --no-archive %s/de_DE.UTF-8 2>/dev/null", folder);
    if (system(command) != 0) return false;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "de_DE.UTF-8") && has_comma();
}

static char folder[] = "/tmp/resile-locale-XXXXXX";
static bool comma;

static int enter(void **state) {
    (void)state;
    comma = take_comma_locale(folder);
    return 0;
}

static int leave(void **state) {
    (void)state;
    char command[100];
    setlocale(LC_ALL, "C");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void reads(void **state) {
    (void)state;
    double value;
    char *end;
    assert_true(rsl_parse_double("-2.5e3x", &end) == -2500);
    assert_string_equal(end, "x");
    assert_true(rsl_parse_float("0.1", &end) == 0.1F);
    assert_true(rsl_parse_decimal("1.5e-3", &value) && value == 1.5e-3);
    const char *const refused[] = {"", " 1", "1 ", "0x1", "inf", "nan", "1,5", "1e999", "1.5.2"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(rsl_parse_decimal(refused[i], &value));
}

static void writes(void **state) {
    (void)state;
    char text[RSL_NUMBER_TEXT];
    const double values[] = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -2.5};
    assert_string_equal(rsl_number_text(0.1, text), "0.1");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(rsl_parse_double(rsl_number_text(values[i], text), NULL) == values[i]);
    assert_int_equal(rsl_format(text, 4, "%.2f", 1.25), 4);
    assert_string_equal(text, "1.2");
}

static void text_of_others(void **state) {
    (void)state;
    struct rsl_json *j = rsl_json_new();
    struct rsl_text t = {0};
    double rate;
    rsl_json_double(j, 0.25);
    assert_string_equal(rsl_json_text(j), "0.25");
    rsl_json_free(j);
    rsl_text_printf(&t, "%.3g", 1.5);
    assert_string_equal(t.at, "1.5");
    rsl_text_free(&t);
    assert_int_equal(rsl_fault_parse_rate("1.5e-3", &rate), RSL_OK);
    assert_true(rate == 1.5e-3);
    assert_int_equal(rsl_fail(RSL_EARG, "%g", 0.5), RSL_EARG);
    assert_string_equal(rsl_errmsg(), "0.5");
}

static void the_same_with_a_comma(void **state) {
    if (!comma) skip();
    char text[20];
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* the program's own */
    reads(state);
    writes(state);
    text_of_others(state);
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* and still so */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads), cmocka_unit_test(writes), cmocka_unit_test(text_of_others),
        cmocka_unit_test_setup_teardown(the_same_with_a_comma, enter, leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
