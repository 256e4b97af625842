/* CSV, field by field. */
#include "base/csv.h"

#include "check.h"

/* Every record as "field|field\n", its fields as they read. */
static int read_all(const char *text, struct rsl_text *out) {
    struct rsl_csv c = rsl_csv(text, strlen(text));
    struct rsl_csv_field f;
    while (rsl_csv_more(&c)) {
        do {
            RSL_TRY(rsl_csv_next(&c, &f));
            rsl_csv_text(&f, out);
            rsl_text_puts(out, f.end == RSL_CSV_COMMA ? "|" : "\n");
        } while (f.end == RSL_CSV_COMMA);
    }
    return RSL_OK;
}

static void test_fields(void **state) {
    (void)state;
    static const struct {
        const char *text, *fields;
    } cases[] = {
        {"", ""},
        {"\n \r\n\t", ""},
        {"a", "a\n"},
        {"a,b\nc,d\n", "a|b\nc|d\n"},
        {"\xef\xbb\xbf"
         "a,b\r\nc,d\r\n",
         "a|b\nc|d\n"},
        {",\n,,", "|\n||\n"},
        {" a , b c\t\n\n\nd", "a|b c\nd\n"},
        {"\"a,b\", \" c \" ,\"\"\n", "a,b| c |\n"},
        {"\"say \"\"no\"\"\",\"\"\"\"\n", "say \"no\"|\"\n"},
        {"\"a\r\nb\",c\n", "a\r\nb|c\n"},
        {"5\" nails,\"\"\n", "5\" nails|\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_text out = {0};
        check_ok(read_all(cases[i].text, &out));
        assert_string_equal(out.at ? out.at : "", cases[i].fields);
        rsl_text_free(&out);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"\"a\n", "a quote is not closed: '\"a"},
        {"\"a\"\"", "a quote is not closed"},
        {"\"a\" b\n", "a closing quote must end a field"},
        {"a\rb\n", "carriage return"},
        {"a\r", "carriage return"},
        {"\"a\"\r,\n", "carriage return"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_text out = {0};
        check_fails(read_all(cases[i].text, &out), RSL_EFORMAT, cases[i].words);
        rsl_text_free(&out);
    }
}

/* Lines are counted through quotes; fields know how they stood there and what ends them. */
static void test_places(void **state) {
    (void)state;
    static const char text[] = "\n \"a\n\nb\" ,c\r\nd";
    struct rsl_csv c = rsl_csv(text, sizeof text - 1);
    struct rsl_csv_field f;
    assert_true(rsl_csv_more(&c));
    assert_int_equal(c.line, 2);
    check_ok(rsl_csv_next(&c, &f));
    assert_true(f.quoted);
    assert_int_equal(f.raw_n, 8);
    assert_memory_equal(f.raw, " \"a\n\nb\" ", 8);
    check_ok(rsl_csv_next(&c, &f));
    assert_int_equal(f.end, RSL_CSV_CRLF);
    assert_true(rsl_csv_more(&c));
    assert_int_equal(c.line, 5);
    check_ok(rsl_csv_next(&c, &f));
    assert_int_equal(f.end, RSL_CSV_EOF);
    assert_false(rsl_csv_more(&c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
