/* The page: one HTML file in which everything stands, style, script, D3 and data included. Tables
 * and texts are written here and need no script; the scripts in page/ add the charts. */
#include "report/report_int.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "report/assets.h"
#include "resile/provenance.h"

#include <inttypes.h>
#include <string.h>

const char *rsl_report_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* How many networks the stores are of. */
static int networks(const struct rsl_report *report) {
    int n = 0;
    for (int i = 0; i < report->n_stores; i++) {
        int first = 0;
        while (!rsl_report_same_network(&report->stores[first], &report->stores[i])) first++;
        n += first == i;
    }
    return n;
}

/* "m.onnx on cifar10", of the first store; "and 2 more". */
static void put_title(struct rsl_text *t, const struct rsl_report *report, const char *title) {
    const struct rsl_report_store *s = &report->stores[0];
    int n = networks(report);
    if (title) {
        rsl_html_text(t, title);
        return;
    }
    rsl_html_text(t, rsl_report_base_name(s->session.model));
    rsl_text_puts(t, " on ");
    rsl_html_text(t, s->identity.data);
    if (n > 1) rsl_text_printf(t, " and %d more", n - 1);
}

static void put_lead(struct rsl_text *t, const struct rsl_report *report) {
    int64_t trials = 0, runs = 0;
    for (size_t i = 0; i < report->n_rows; i++) {
        trials += report->rows[i].result->trials;
        runs += report->rows[i].result->runs;
    }
    rsl_text_printf(t, "<p class=lead>What bit errors do to %s: ",
                    networks(report) > 1 ? "these networks" : "this network");
    rsl_report_count(t, trials);
    rsl_text_puts(t, " trials, ");
    rsl_report_count(t, runs);
    rsl_text_puts(t, " runs of an image with faults");
    if (report->n_stores > 1) rsl_text_printf(t, ", in %d stores", report->n_stores);
    rsl_text_puts(t, ".</p>\n");
}

static void put_head(struct rsl_text *t, const struct rsl_report *report, const char *title) {
    rsl_text_puts(t,
                  "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
                  "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=color-scheme content=\"light dark\">\n"
                  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:\">"
                  "\n<title>");
    put_title(t, report, title);
    rsl_text_puts(t, " – resile</title>\n<style>\n");
    rsl_text_add(t, (const char *)rsl_asset_style, rsl_asset_style_size);
    rsl_text_puts(t,
                  "</style>\n</head>\n<body>\n<a class=skip href=#results-title>Skip to the "
                  "tables</a>\n<header>\n<h1>");
    put_title(t, report, title);
    rsl_text_puts(t, "</h1>\n");
    put_lead(t, report);
    rsl_text_puts(t, "</header>\n<main>\n");
}

static void put_script(struct rsl_text *t, const unsigned char *script, size_t size) {
    rsl_text_puts(t, "<script>\n");
    rsl_html_script(t, (const char *)script, size);
    rsl_text_puts(t, "</script>\n");
}

/* JSON in which every '<' is \u003c, so that nothing in it ends the element or opens a comment. */
static int put_data(struct rsl_text *t, const struct rsl_report *report) {
    struct rsl_json j = {0};
    rsl_report_data(&j, report);
    int rc = rsl_json_status(&j);
    rsl_text_puts(t, "<script type=\"application/json\" id=data>");
    for (const char *s = rc < 0 ? "" : j.text.at; *s;) {
        size_t n = strcspn(s, "<");
        rsl_text_add(t, s, n);
        s += n;
        if (*s) rsl_text_puts(t, "\\u003c"), s++;
    }
    rsl_text_puts(t, "</script>\n");
    rsl_text_free(&j.text);
    return rc;
}

static int put_page(struct rsl_text *t, const struct rsl_report *report, const char *title) {
    put_head(t, report, title);
    rsl_report_summary(t, report);
    rsl_text_puts(t,
                  "<div id=charts></div>\n<noscript><p class=about>The charts need scripts; "
                  "every number is in the tables.</p></noscript>\n");
    rsl_report_tables(t, report);
    rsl_report_methods(t, report);
    rsl_text_printf(t,
                    "</main>\n<footer><p>Written by resile %s. Charts by D3.</p></footer>\n"
                    "<div id=live class=unseen role=status></div>\n",
                    rsl_version());
    RSL_TRY(put_data(t, report));
    rsl_text_puts(t, "<!--\n");
    rsl_text_add(t, (const char *)rsl_asset_d3_license, rsl_asset_d3_license_size);
    rsl_text_puts(t, "-->\n");
    put_script(t, rsl_asset_d3, rsl_asset_d3_size);
    put_script(t, rsl_asset_script, rsl_asset_script_size);
    rsl_text_puts(t, "</body>\n</html>\n");
    return t->status;
}

int rsl_report_html(const struct rsl_report *report, const char *title, const char *path) {
    struct rsl_text t = {0};
    RSL_TRY(rsl_file_replaceable(path, "<!DOCTYPE html>", "report"));
    int rc = put_page(&t, report, title);
    if (rc == RSL_OK) rc = rsl_file_write(path, t.at, t.n);
    rsl_text_free(&t);
    return rc;
}
