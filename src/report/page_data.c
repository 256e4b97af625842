/* The page's data, from which the scripts in page/ draw: results under the keys of `resile results
 * --json`, column by column (columns.h) to keep 10,000 rows of them small. */
#include "base/number.h"
#include "report/columns.h"
#include "report/report_int.h"

#include <stddef.h>

enum type { TEXT, WHOLE, REAL };

static const struct column {
    const char *key;
    enum type type;
    size_t at;
} columns[] = {
#define COLUMN(key, type) \
    { #key, type, offsetof(struct rsl_result, key) }
    COLUMN(fault, TEXT),
    COLUMN(ber, REAL),
    COLUMN(sampling, TEXT),
    COLUMN(storage, TEXT),
    COLUMN(encoding, TEXT),
    COLUMN(protection, TEXT),
    COLUMN(bits_per_weight, REAL),
    COLUMN(trials, WHOLE),
    COLUMN(images, WHOLE),
    COLUMN(runs, WHOLE),
    COLUMN(golden, REAL),
    COLUMN(accuracy, REAL),
    COLUMN(accuracy_low, REAL),
    COLUMN(accuracy_high, REAL),
    COLUMN(drop, REAL),
    COLUMN(drop_low, REAL),
    COLUMN(drop_high, REAL),
    COLUMN(sdc, REAL),
    COLUMN(sdc_low, REAL),
    COLUMN(sdc_high, REAL),
    COLUMN(due, REAL),
    COLUMN(due_low, REAL),
    COLUMN(due_high, REAL),
    COLUMN(masked, REAL),
    COLUMN(tolerable, REAL),
    COLUMN(confidence, REAL),
    COLUMN(drop_interval, TEXT),
    COLUMN(share_interval, TEXT),
    COLUMN(due_interval, TEXT),
    COLUMN(faults, REAL),
    COLUMN(changed, REAL),
    COLUMN(corrected, REAL),
    COLUMN(detected, REAL),
    COLUMN(missed, REAL),
    COLUMN(expected, REAL),
    COLUMN(population, WHOLE),
    COLUMN(design, TEXT),
    COLUMN(margin, REAL),
    COLUMN(reason, TEXT),
    COLUMN(weight_bits, WHOLE),
    COLUMN(scale_bits, WHOLE),
    COLUMN(time_ratio, REAL),
    COLUMN(p_drop, REAL),
    COLUMN(p_drop_bounded, REAL),
    COLUMN(rap, REAL),
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static void add_value(struct rsl_report_column *c, enum type type, const void *at) {
    if (type == TEXT)
        rsl_report_column_text(c, *(const char *const *)at);
    else if (type == WHOLE)
        rsl_report_column_int(c, *(const int64_t *)at);
    else
        rsl_report_column_real(c, *(const double *)at);
}

/* Of the series, and of their storages. */
static void put_names(struct rsl_json *j, const struct rsl_report *report, bool storages) {
    rsl_json_key(j, storages ? "storages" : "series");
    rsl_json_array(j);
    for (int i = 0; i < report->n_series; i++) {
        const struct rsl_report_row *row = &report->rows[report->series[i]];
        struct rsl_text name = {0};
        if (storages)
            rsl_report_storage_name(&name, report, row);
        else
            rsl_report_series_name(&name, report, row, false);
        if (name.status < 0) j->text.status = name.status;
        rsl_json_string(j, name.at ? name.at : "");
        rsl_text_free(&name);
    }
    rsl_json_end(j);
}

/* What the report knows beside the results. */
static void put_own_columns(struct rsl_json *j, const struct rsl_report *report) {
    static const char *const keys[] = {"store", "bits", "weights", "series"};
    for (int k = 0; k < 4; k++) {
        struct rsl_report_column column = {0};
        for (size_t i = 0; i < report->n_rows; i++) {
            const struct rsl_report_row *row = &report->rows[i];
            const int64_t values[] = {row->store, row->bits, row->weights, row->series};
            rsl_report_column_int(&column, values[k]);
        }
        rsl_report_column_end(&column, j, keys[k]);
    }
}

static void put_rows(struct rsl_json *j, const struct rsl_report *report) {
    rsl_json_key(j, "n");
    rsl_json_int(j, (int64_t)report->n_rows);
    rsl_json_key(j, "columns");
    rsl_json_object(j);
    for (int c = 0; c < COLUMNS; c++) {
        struct rsl_report_column column = {0};
        for (size_t i = 0; i < report->n_rows; i++)
            add_value(&column, columns[c].type,
                      (const char *)report->rows[i].result + columns[c].at);
        rsl_report_column_end(&column, j, columns[c].key);
    }
    put_own_columns(j, report);
    rsl_json_end(j);
}

/* ---- maps and courses ---- */

static void put_cells(struct rsl_json *j, const struct rsl_report_row *row) {
    static const char *const keys[] = {"layer", "bit", "trials", "runs", "sdc", "low", "high"};
    rsl_json_key(j, "cells");
    rsl_json_object(j);
    for (int k = 0; k < 7; k++) {
        struct rsl_report_column column = {0};
        for (size_t i = 0; i < row->n_cells; i++) {
            const struct rsl_report_cell *c = &row->cells[i];
            const int64_t counts[] = {c->layer, c->bit, c->trials, c->runs, c->sdc};
            if (k < 5)
                rsl_report_column_int(&column, counts[k]);
            else
                rsl_report_column_real(&column, k == 5 ? c->share.low : c->share.high);
        }
        rsl_report_column_end(&column, j, keys[k]);
    }
    rsl_json_end(j);
}

static void put_map(struct rsl_json *j, const struct rsl_report_row *row, size_t number) {
    rsl_json_object(j);
    rsl_json_key(j, "row");
    rsl_json_int(j, (int64_t)number);
    rsl_json_key(j, "bits");
    rsl_json_int(j, row->n_bits);
    rsl_json_key(j, "layers");
    rsl_json_array(j);
    for (int l = 0; l < row->n_layers; l++) rsl_json_string(j, row->layers[l]);
    rsl_json_end(j);
    rsl_json_key(j, "n");
    rsl_json_int(j, (int64_t)row->n_cells);
    put_cells(j, row);
    rsl_json_end(j);
}

/* A curve needs no more digits than can be seen. */
static double seen(double value) {
    char text[40];
    rsl_format(text, sizeof text, "%.4g", value);
    return rsl_parse_double(text, NULL);
}

static void put_course(struct rsl_json *j, const struct rsl_report_row *row, size_t number) {
    static const char *const keys[] = {"drop", "drop_low", "drop_high",
                                       "sdc",  "sdc_low",  "sdc_high"};
    struct rsl_report_column trials = {0};
    rsl_json_object(j);
    rsl_json_key(j, "row");
    rsl_json_int(j, (int64_t)number);
    rsl_json_key(j, "n");
    rsl_json_int(j, (int64_t)row->n_steps);
    rsl_json_key(j, "steps");
    rsl_json_object(j);
    for (size_t i = 0; i < row->n_steps; i++) rsl_report_column_int(&trials, row->steps[i].trials);
    rsl_report_column_end(&trials, j, "trials");
    for (int k = 0; k < 6; k++) {
        struct rsl_report_column column = {0};
        for (size_t i = 0; i < row->n_steps; i++) {
            const struct rsl_report_step *s = &row->steps[i];
            const double values[] = {s->drop, s->drop_interval.low, s->drop_interval.high,
                                     s->sdc,  s->sdc_interval.low,  s->sdc_interval.high};
            rsl_report_column_real(&column, seen(values[k]));
        }
        rsl_report_column_end(&column, j, keys[k]);
    }
    rsl_json_end(j);
    rsl_json_end(j);
}

void rsl_report_data(struct rsl_json *j, const struct rsl_report *report) {
    rsl_json_object(j);
    rsl_json_key(j, "stores");
    rsl_json_array(j);
    for (int s = 0; s < report->n_stores; s++) rsl_json_string(j, report->stores[s].path);
    rsl_json_end(j);
    rsl_json_key(j, "models"); /* of the stores */
    rsl_json_array(j);
    for (int s = 0; s < report->n_stores; s++)
        rsl_json_string(j, rsl_report_base_name(report->stores[s].session.model));
    rsl_json_end(j);
    rsl_json_key(j, "drop_constant");
    rsl_json_double(j, report->drop_constant);
    put_names(j, report, false);
    put_names(j, report, true);
    put_rows(j, report);
    rsl_json_key(j, "maps");
    rsl_json_array(j);
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].n_cells) put_map(j, &report->rows[i], i);
    rsl_json_end(j);
    rsl_json_key(j, "courses");
    rsl_json_array(j);
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].n_steps) put_course(j, &report->rows[i], i);
    rsl_json_end(j);
    rsl_json_end(j);
}
