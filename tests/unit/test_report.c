/* Reports: the page says what the store holds, is whole, and takes no text of a store for HTML. */
#define _GNU_SOURCE /* mkdtemp, memmem */
#include "check.h"

#include "base/file.h"
#include "own_folder.h"
#include "report/columns.h"
#include "report/report_int.h"
#include "report_store.h"
#include "synthetic_store.h"
#include "torture.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/resile_report_XXXXXX";
static const char *const stores[] = {"r.db"};
enum { ROWS = REPORT_STORAGES * REPORT_RATES + 1 };

static int setup(void **state) {
    (void)state;
    if (!mkdtemp(folder) || chdir(folder)) return -1;
    struct rsl_store *store;
    const struct rsl_store_identity identity = synthetic_identity(0, 1);
    if (rsl_store_open(&store, "small.db", &identity, &synthetic_session) < 0) return -1;
    int rc = synthetic_write(store, 4, 64);
    rsl_store_close(store);
    return rc < 0 ? rc : report_store_make("r.db");
}

static int teardown(void **state) {
    (void)state;
    return own_folder_remove(folder);
}

static char *text_of(const char *path) {
    struct rsl_file f;
    check_ok(rsl_file_open(&f, path));
    char *text = malloc(f.size + 1);
    assert_non_null(text);
    memcpy(text, f.data, f.size);
    text[f.size] = '\0';
    assert_int_equal(strlen(text), f.size);
    rsl_file_close(&f);
    return text;
}

static char *page(void) {
    struct rsl_report *report;
    check_ok(rsl_report_read(&report, stores, 1, 0));
    check_ok(rsl_report_html(report, NULL, "r.html"));
    rsl_report_free(report);
    return text_of("r.html");
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (const char *s = text; (s = strcasestr(s, what)) != NULL; s += strlen(what)) n++;
    return n;
}

/* ---- what is collected ---- */

static void test_collected(void **state) {
    struct rsl_report *report;
    int64_t trials = 0, sdc = 0, want = 0;
    (void)state;
    check_ok(rsl_report_read(&report, stores, 1, 0));
    assert_int_equal(report->n_rows, ROWS);
    assert_int_equal(report->n_series, REPORT_STORAGES + 1);
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_report_row *row = &report->rows[i];
        const struct rsl_report_step *last = &row->steps[row->n_steps - 1];
        bool single = strcmp(row->result->fault, "single") == 0;
        assert_int_equal(row->n_cells, single ? REPORT_LAYERS * REPORT_BITS : 0);
        assert_int_equal(last->trials, row->result->trials);
        assert_true(last->drop == row->result->drop && last->sdc == row->result->sdc);
        assert_true(last->drop_interval.low == row->result->drop_low);
        assert_true(last->sdc_interval.high == row->result->sdc_high);
        if (!single) continue;
        assert_string_equal(row->layers[0], report_layers[1]);
        assert_string_equal(row->layers[1], "conv2");
        assert_string_equal(row->layers[3], "conv10");
        for (size_t c = 0; c < row->n_cells; c++) {
            trials += row->cells[c].trials;
            sdc += row->cells[c].sdc;
            assert_true(row->cells[c].share.low >= 0 && row->cells[c].share.high <= 1);
        }
    }
    for (int k = 0; k < REPORT_SINGLES; k++)
        want += report_trial(1, k / REPORT_LAYERS % REPORT_BITS / 2, k).sdc;
    assert_int_equal(trials, REPORT_SINGLES);
    assert_int_equal(sdc, want);
    rsl_report_free(report);
}

/* What a map has no room for is said below its title. */
static void test_left_out(void **state) {
    struct rsl_report *report;
    struct rsl_text t = {0};
    (void)state;
    check_ok(rsl_report_read(&report, stores, 1, 0));
    rsl_report_tables(&t, report);
    assert_null(strstr(t.at, "not on the map"));
    for (size_t i = 0; i < report->n_rows; i++) report->rows[i].left_out = 1234;
    rsl_report_tables(&t, report);
    assert_non_null(strstr(t.at, "bits above 63, are not on the map: 1,234.</p>"));
    rsl_text_free(&t);
    rsl_report_free(report);
}

static void test_refused(void **state) {
    struct rsl_report *report;
    (void)state;
    check_fails(rsl_report_read(&report, (const char *const[]){"none.db"}, 1, 0), RSL_EIO,
                "none.db");
    assert_null(report);
    check_fails(rsl_report_read(&report, stores, 0, 0), RSL_EARG, "no stores");
    check_fails(rsl_report_read(&report, stores, 1, 1), RSL_EARG, "confidence");
    check_ok(rsl_report_read(&report, stores, 1, 0.9));
    check_fails(rsl_report_html(report, NULL, "missing/r.html"), RSL_EIO, "missing/r.html");
    check_fails(rsl_report_gnuplot(report, "missing/figures"), RSL_EIO, "missing/figures");
    rsl_report_free(report);
}

/* ---- the page ---- */

static void test_whole(void **state) {
    static const char *const pairs[] = {
        "section", "table", "thead", "tbody", "script", "style", "main", "header", "ul",
        "li",      "dl",    "code",  "small", "title",  "h1",    "h2",   "h3",     "noscript"};
    char *text = page(), *script = strstr(text, "id=data>");
    (void)state;
    assert_non_null(script);
    assert_int_equal(count(text, "</script"), 3);
    char *after = strstr(script, "<!--");
    assert_non_null(after);
    assert_int_equal(count(script, "</script"), 3);
    *script = '\0'; /* what follows is JSON and JavaScript, in which anything may stand */
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char open[32], close[32];
        int opened = 0;
        snprintf(open, sizeof open, "<%s", pairs[i]);
        snprintf(close, sizeof close, "</%s>", pairs[i]);
        for (const char *s = text; (s = strstr(s, open)) != NULL; s++)
            opened += !isalnum((unsigned char)s[strlen(open)]);
        if (strcmp(pairs[i], "script") == 0) opened--; /* the data's, opened above */
        if (opened != count(text, close))
            fail_msg("%s: %d, %d", pairs[i], opened, count(text, close));
    }
    assert_int_equal(count(text, "http://") + count(text, "https://"), 0);
    /* As text, in the name of a layer. */
    assert_int_equal(count(text, "src="), count(text, "&#60;img src=x onerror"));
    free(text);
}

static void test_harmless(void **state) {
    char *text = page(), *code = strstr(text, "<!--\nD3");
    (void)state;
    assert_non_null(code);
    *code = '\0';
    assert_int_equal(count(text, "<script"), 1);
    assert_int_equal(count(text, "</script"), 1);
    assert_int_equal(count(text, "<img"), 0);
    assert_int_equal(count(text, "<i>"), 0);
    assert_int_equal(count(text, "f32<b>"), 0);
    assert_non_null(strstr(text, "&#60;script&#62;window.harmed"));
    assert_non_null(strstr(text, "\\u003c/script>\\u003cimg"));
    assert_non_null(strstr(text, "signs &#38; &#34;marks&#34;"));
    free(text);
}

static void test_script_escape(void **state) {
    struct rsl_text t = {0};
    const char code[] = "a</scripT><b></s</script";
    (void)state;
    rsl_html_script(&t, code, sizeof code - 1);
    assert_string_equal(t.at, "a<\\/scripT><b></s<\\/script");
    rsl_text_free(&t);
    rsl_html_text(&t, "a\xff\x01<\"'&>\xc3\xa4");
    assert_string_equal(t.at, "a\xef\xbf\xbd\xef\xbf\xbd&#60;&#34;&#39;&#38;&#62;\xc3\xa4");
    rsl_text_free(&t);
}

static void test_numbers(void **state) {
    static const double rates[] = {1e-5, 3.25e-7, 0, 0.5, 1e-10, NAN};
    struct rsl_text t = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        rsl_report_rate(&t, rates[i]);
        rsl_text_puts(&t, " ");
    }
    rsl_report_count(&t, 1234567);
    rsl_text_puts(&t, " ");
    rsl_report_count(&t, 999);
    assert_string_equal(t.at, "1e-5 3.25e-7 0 0.5 1e-10 – 1,234,567 999");
    rsl_text_free(&t);
}

static const struct {
    const char *key;
    size_t at;
} reals[] = {
#define REAL(key) \
    { #key, offsetof(struct rsl_result, key) }
    REAL(ber),           REAL(golden),    REAL(accuracy),       REAL(accuracy_low),
    REAL(accuracy_high), REAL(drop),      REAL(drop_low),       REAL(drop_high),
    REAL(sdc),           REAL(sdc_low),   REAL(sdc_high),       REAL(due),
    REAL(masked),        REAL(tolerable), REAL(faults),         REAL(corrected),
    REAL(missed),        REAL(p_drop),    REAL(p_drop_bounded), REAL(rap),
    REAL(time_ratio),
};

/* A value of a column in one of the forms that can be read (report/columns.h). */
static json_t *value_of(json_t *columns, const char *key, size_t row) {
    json_t *column = json_object_get(columns, key), *all = json_object_get(column, "all");
    assert_non_null(column);
    if (json_is_array(column)) return json_array_get(column, row);
    if (all) return all;
    json_t *at = json_array_get(json_object_get(column, "at"), row);
    assert_non_null(at);
    return json_array_get(json_object_get(column, "of"), (size_t)json_integer_value(at));
}

static void check_row(json_t *columns, size_t row, const struct rsl_result *r) {
    assert_string_equal(json_string_value(value_of(columns, "storage", row)), r->storage);
    assert_int_equal(json_integer_value(value_of(columns, "trials", row)), r->trials);
    assert_int_equal(json_integer_value(value_of(columns, "weight_bits", row)), r->weight_bits);
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        double want = *(const double *)((const char *)r + reals[i].at);
        json_t *value = value_of(columns, reals[i].key, row);
        if (isnan(want) ? !json_is_null(value) : json_number_value(value) != want)
            fail_msg("row %zu, %s: %g", row, reals[i].key, want);
    }
}

static void check_cell(const char *row, double value, double low, double high) {
    char want[80];
    const char *end = strchr(row, '\n');
    snprintf(want, sizeof want, "<td>%.2f <small>[%.2f, %.2f]</small>", value, low, high);
    assert_non_null(memmem(row, (size_t)(end - row), want, strlen(want)));
}

/* What a storage withstands, and from how many trials that is known. */
static void test_summary(void **state) {
    char *text = page(), *row = strstr(text, "<table id=summary");
    (void)state;
    assert_non_null(row);
    assert_non_null(strstr(row, "<th scope=col>Rate withstood<th scope=col>Trials<th"));
    assert_non_null(
        strstr(row, "<tr><td>f32&#60;b&#62;<td>ber<td><b>1e-5</b><td>12<td>32<td>90.00\n"));
    assert_non_null(
        strstr(row, "<tr><td>affine5/msb<td>ber<td>below 1e-5<td>12 so far<td>7<td>90.00\n"));
    free(text);
}

/* The table's row, and the row of the data with every digit. */
static void test_values(void **state) {
    char *text = page(), *json = strstr(text, "id=data>") + 8;
    struct rsl_results *results;
    (void)state;
    json_t *root = json_loadb(json, (size_t)(strstr(json, "</script") - json), 0, NULL);
    assert_non_null(root);
    assert_true(json_number_value(json_object_get(root, "drop_constant")) == 1.3301e-13);
    check_ok(rsl_results_read(&results, stores, 1, 0));
    assert_int_equal(json_integer_value(json_object_get(root, "n")), rsl_results_count(results));
    const char *row = strstr(strstr(text, "<table id=results"), "<tbody>");
    for (int64_t i = 0; i < rsl_results_count(results); i++) {
        const struct rsl_result *r = rsl_results_at(results, i);
        check_row(json_object_get(root, "columns"), (size_t)i, r);
        row = strstr(row + 1, "<tr><td>");
        assert_non_null(row);
        check_cell(row, r->accuracy, r->accuracy_low, r->accuracy_high);
        check_cell(row, r->drop, r->drop_low, r->drop_high);
        check_cell(row, 100 * r->sdc, 100 * r->sdc_low, 100 * r->sdc_high);
    }
    rsl_results_free(results);
    json_decref(root);
    free(text);
}

/* The constant of P_drop is told, and its numbers follow it. */
static void test_drop_constant(void **state) {
    struct rsl_report *report;
    (void)state;
    char *text = page();
    assert_non_null(strstr(text, "P_single = 1.3301e-13, which FORTUNE's published table"));
    assert_non_null(strstr(text, "10&nbsp;ms for 16 images on 2 threads (&#60;i&#62;kernel"));
    assert_non_null(strstr(text, "1.50 of the time of affine5/none&#60;b&#62;"));
    free(text);
    check_ok(rsl_report_read(&report, stores, 1, 0));
    double before = report->rows[0].result->p_drop;
    check_ok(rsl_report_set_drop_constant(report, 2.6602e-13));
    assert_true(fabs(report->rows[0].result->p_drop / before - 2) < 1e-12);
    check_ok(rsl_report_html(report, NULL, "r.html"));
    check_fails(rsl_report_set_drop_constant(report, NAN), RSL_EARG, "drop constant of nan");
    rsl_report_free(report);
    text = text_of("r.html");
    assert_non_null(strstr(text, "P_single = 2.6602e-13, as asked"));
    assert_non_null(strstr(text, "\"drop_constant\":2.6602e-13"));
    free(text);
}

/* ---- columns ---- */

static json_t *column_of(struct rsl_report_column *c) {
    struct rsl_json j = {0};
    rsl_json_object(&j);
    rsl_report_column_end(c, &j, "x");
    rsl_json_end(&j);
    check_ok(rsl_json_status(&j));
    json_t *root = json_loads(j.text.at, 0, NULL), *x = json_incref(json_object_get(root, "x"));
    rsl_text_free(&j.text);
    json_decref(root);
    assert_non_null(x);
    assert_int_equal(c->which.n, 0);
    return x;
}

static void test_forms(void **state) {
    struct rsl_report_column c = {0};
    (void)state;
    for (int i = 0; i < 9; i++) rsl_report_column_text(&c, "<\"a\">");
    json_t *x = column_of(&c);
    assert_string_equal(json_string_value(json_object_get(x, "all")), "<\"a\">");
    json_decref(x);
    for (int i = 0; i < 40; i++) rsl_report_column_text(&c, i % 3 ? "Student over trials" : NULL);
    x = column_of(&c);
    assert_int_equal(json_array_size(json_object_get(x, "of")), 2);
    assert_true(json_is_null(json_array_get(json_object_get(x, "of"), 0)));
    assert_int_equal(json_integer_value(json_array_get(json_object_get(x, "at"), 38)), 1);
    json_decref(x);
    for (int i = 0; i < 40; i++) rsl_report_column_int(&c, 1000 - i);
    x = column_of(&c);
    assert_int_equal(json_integer_value(json_array_get(x, 39)), 961);
    json_decref(x);
    x = column_of(&c);
    assert_int_equal(json_array_size(x), 0);
    json_decref(x);
    for (int i = 0; i < RSL_REPORT_DENSE; i++) rsl_report_column_real(&c, i ? 1.0 / i : NAN);
    x = column_of(&c);
    const char *text = json_string_value(json_object_get(x, "f64"));
    assert_int_equal(strlen(text), (RSL_REPORT_DENSE * 8 + 2) / 3 * 4);
    /* NaN, 1, 1/2: 00 00 00 00 00 00 f8 7f, 00 .. f0 3f, 00 .. e0 3f */
    assert_memory_equal(text, "AAAAAAAA+H8AAAAAAADwPwAAAAAAAOA/", 32);
    json_decref(x);
}

/* ---- figures for papers ---- */

static void test_gnuplot(void **state) {
    struct rsl_report *report;
    (void)state;
    check_ok(rsl_report_read(&report, stores, 1, 0));
    check_ok(rsl_report_gnuplot(report, "figures"));
    check_ok(rsl_report_gnuplot(report, "figures"));
    char *data = text_of("figures/by-rate.dat"), want[120];
    const struct rsl_result *r = report->rows[0].result;
    snprintf(want, sizeof want, "\n%.9g %.9g %.9g %.9g %.9g ", r->ber, r->accuracy, r->accuracy_low,
             r->accuracy_high, r->drop);
    assert_non_null(strstr(data, want));
    assert_int_equal(count(data, "\n\n\n"), REPORT_STORAGES);
    free(data);
    char *script = text_of("figures/accuracy.gp");
    assert_int_equal(count(script, "using 1:2:3:4"), REPORT_STORAGES);
    free(script);
    free(text_of("figures/memory.gp"));
    char *cost = text_of("figures/pdrop.dat");
    snprintf(want, sizeof want,
             "storage \"rate 1e-05\" \"rate 3e-05\" \"rate 0.001\" \"rate 0.01\"\n"
             "\"affine5/msb\" %.9g ",
             r->p_drop);
    assert_true(strncmp(cost, want, strlen(want)) == 0);
    assert_int_equal(count(cost, "\n"), 1 + REPORT_STORAGES);
    free(cost);
    cost = text_of("figures/rap.dat");
    assert_int_equal(count(cost, "\n"), REPORT_STORAGES); /* one has no time */
    assert_int_equal(count(cost, "f32"), 0);
    free(cost);
    cost = text_of("figures/bits.dat");
    assert_non_null(strstr(cost, "\n\"affine5/msb\" 7000 320 180\n"));
    free(cost);
    cost = text_of("figures/time.dat");
    assert_non_null(strstr(cost, "\n\"affine5/tmr\" 1.5 0.015 16 2\n"));
    free(cost);
    cost = text_of("figures/pdrop.gp");
    assert_non_null(strstr(cost, "for [i=2:5] 'pdrop.dat'"));
    free(cost);
    free(text_of("figures/rap.gp"));
    free(text_of("figures/bits.gp"));
    free(text_of("figures/time.gp"));
    char *heat = text_of("figures/heat-1.dat");
    assert_int_equal(count(heat, "\n"), 1 + REPORT_LAYERS * REPORT_BITS);
    free(heat);
    heat = text_of("figures/heat-1.gp");
    assert_non_null(strstr(heat, "'<script>window.harmed = 1</script>' 2"));
    assert_non_null(strstr(heat, "using 2:1:(0.5):(0.5):3 with boxxyerror"));
    free(heat);
    rsl_report_free(report);
}

/* Every storage of two networks is told with its network: by the model's name where that tells, and
 * by the store where the models' files have one name. */
static void test_networks(void **state) {
    struct rsl_report *report;
    struct rsl_text name = {0};
    (void)state;
    check_ok(rsl_report_read(&report, (const char *const[]){"r.db", "small.db"}, 2, 0));
    rsl_report_series_name(&name, report, &report->rows[0], false);
    assert_string_equal(name.at, "affine5/msb, i>.onnx");
    rsl_text_free(&name);
    rsl_report_storage_name(&name, report, &report->rows[ROWS]);
    assert_string_equal(name.at, "affine5/msb, m.onnx");
    rsl_text_free(&name);
    report->stores[0].session.model = "other/m.onnx";
    rsl_report_series_name(&name, report, &report->rows[ROWS], true);
    assert_string_equal(name.at, "ber, affine5/msb, small.db");
    rsl_text_free(&name);
    check_ok(rsl_report_gnuplot(report, "networks"));
    char *script = text_of("networks/memory.gp"); /* 4 storages have each rate, 5 have this one */
    assert_non_null(strstr(script, "rate = 0.001\n"));
    free(script);
    script = text_of("networks/accuracy.gp");
    assert_int_equal(count(script, "title 'affine5/msb, small.db'"), 1);
    free(script);
    rsl_report_free(report);
}

/* ---- memory that is refused ---- */

static int make(void *context) {
    struct rsl_report *report;
    (void)context;
    RSL_TRY(rsl_report_read(&report, (const char *const[]){"small.db"}, 1, 0));
    int rc = rsl_report_html(report, "title", "/dev/null");
    if (rc == RSL_OK) rc = rsl_report_gnuplot(report, "figures");
    rsl_report_free(report);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    assert_true(torture(make, NULL) > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collected),     cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_whole),
        cmocka_unit_test(test_harmless),      cmocka_unit_test(test_script_escape),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_summary),
        cmocka_unit_test(test_values),        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_drop_constant), cmocka_unit_test(test_gnuplot),
        cmocka_unit_test(test_networks),      cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
