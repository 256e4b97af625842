/* Inside of the report: what is collected from the stores (collect.c), and the parts of the page
 * (page*.c) that show it. Everything lives in the report's arena or its results. */
#ifndef RSL_REPORT_INT_H
#define RSL_REPORT_INT_H

#include "resile/report.h"
#include "resile/store.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "campaign/store.h"
#include "metric/interval.h"

enum {
    RSL_REPORT_BITS = 64,     /* of a stored number; higher ones are not on the map */
    RSL_REPORT_LAYERS = 1024, /* of a map; those met later are left out, and counted */
    RSL_REPORT_COURSES = 256, /* points whose course over the trials is kept */
    RSL_REPORT_SHOWN = 1000,  /* rows of a table that are there without scripts */
    RSL_REPORT_TOLD = 64      /* series of a store that the methods describe */
};

/* SDC of the single faults that hit one bit of one layer. */
struct rsl_report_cell {
    int layer, bit;
    int64_t trials, runs, sdc;
    struct rsl_interval share;
};

/* What was known after so many trials; drops in per cent, SDC as a share, as in rsl_result. */
struct rsl_report_step {
    int64_t trials;
    double drop, sdc;
    struct rsl_interval drop_interval, sdc_interval;
};

struct rsl_report_row {
    const struct rsl_result *result;
    int store, series;
    int64_t weights, bits;          /* of the memory image */
    struct rsl_store_timing timing; /* of the campaign; batch 0: nobody measured it */
    const char **layers;            /* in the order of the network */
    int n_layers, n_bits;
    int64_t left_out; /* trials that are not on the map */
    struct rsl_report_cell *cells;
    size_t n_cells;
    struct rsl_report_step *steps;
    size_t n_steps;
};

/* A store and how it came about. */
struct rsl_report_store {
    const char *path;
    struct rsl_store_identity identity;
    struct rsl_store_session session;
    char digest[65];
};

struct rsl_report {
    struct rsl_arena arena;
    struct rsl_results *results;
    struct rsl_report_store *stores;
    int n_stores;
    double drop_constant;        /* C of P_drop */
    struct rsl_report_row *rows; /* one for each result, in their order */
    size_t n_rows;
    size_t *series; /* the first row of each: rows that differ in the rate only */
    int n_series;
};

/* Fills the row from the trials of a point (map.c). */
int rsl_report_scan(struct rsl_report *report, struct rsl_report_row *row, struct rsl_store *store,
                    const struct rsl_store_campaign *c, const struct rsl_store_point *p,
                    bool course);

/* ---- writing ---- */

/* Text between tags or in a quoted attribute; what is not UTF-8 or a control becomes U+FFFD. */
void rsl_html_text(struct rsl_text *t, const char *text);
/* The inside of a script element, which ends at "</script" wherever that stands: the slash is
 * escaped, as strings, regular expressions and JSON allow. */
void rsl_html_script(struct rsl_text *t, const char *script, size_t size);

/* "accuracy" and its interval with two decimals; an en dash when unknown. */
void rsl_report_interval(struct rsl_text *t, double value, double low, double high);

/* "1,680"; "3e-5". */
void rsl_report_count(struct rsl_text *t, int64_t n);
void rsl_report_rate(struct rsl_text *t, double rate);

/* What follows the last slash. */
const char *rsl_report_base_name(const char *path);

void rsl_report_summary(struct rsl_text *t, const struct rsl_report *report);
void rsl_report_tables(struct rsl_text *t, const struct rsl_report *report);
void rsl_report_methods(struct rsl_text *t, const struct rsl_report *report);
void rsl_report_data(struct rsl_json *j, const struct rsl_report *report);

/* ---- series ---- */

/* Numbers them: rows of a series may stand apart (rates come before samplings). */
int rsl_report_find_series(struct rsl_report *report);
/* The same model, measured on the same data. */
bool rsl_report_same_network(const struct rsl_report_store *a, const struct rsl_report_store *b);
/* "affine5/msb, by layers, m.onnx, R.db": what tells a row's series from the others of the report;
 * "single, affine5" when `fault` is set. */
void rsl_report_series_name(struct rsl_text *t, const struct rsl_report *report,
                            const struct rsl_report_row *row, bool fault);
/* "affine5/msb, m.onnx, R.db": what tells a row's storage from the others of the report. */
void rsl_report_storage_name(struct rsl_text *t, const struct rsl_report *report,
                             const struct rsl_report_row *row);

#endif
