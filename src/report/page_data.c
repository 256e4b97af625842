/* The page's data, from which report.js draws: results under the keys of `resile results --json`,
 * one array per row to keep 10,000 of them small. */
#include "report/report_int.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum type { TEXT, WHOLE, REAL };

static const struct column {
    const char *key;
    enum type type;
    size_t at;
} columns[] = {
#define COLUMN(key, type) \
    { #key, type, offsetof(struct rsl_result, key) }
    COLUMN(fault, TEXT),           COLUMN(ber, REAL),           COLUMN(sampling, TEXT),
    COLUMN(storage, TEXT),         COLUMN(encoding, TEXT),      COLUMN(protection, TEXT),
    COLUMN(bits_per_weight, REAL), COLUMN(trials, WHOLE),       COLUMN(images, WHOLE),
    COLUMN(runs, WHOLE),           COLUMN(golden, REAL),        COLUMN(accuracy, REAL),
    COLUMN(accuracy_low, REAL),    COLUMN(accuracy_high, REAL), COLUMN(drop, REAL),
    COLUMN(drop_low, REAL),        COLUMN(drop_high, REAL),     COLUMN(sdc, REAL),
    COLUMN(sdc_low, REAL),         COLUMN(sdc_high, REAL),      COLUMN(due, REAL),
    COLUMN(due_low, REAL),         COLUMN(due_high, REAL),      COLUMN(masked, REAL),
    COLUMN(tolerable, REAL),       COLUMN(confidence, REAL),    COLUMN(drop_interval, TEXT),
    COLUMN(share_interval, TEXT),  COLUMN(faults, REAL),        COLUMN(changed, REAL),
    COLUMN(corrected, REAL),       COLUMN(detected, REAL),      COLUMN(missed, REAL),
    COLUMN(expected, REAL),        COLUMN(population, WHOLE),   COLUMN(design, TEXT),
    COLUMN(margin, REAL),          COLUMN(reason, TEXT),
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static void put_text(struct rsl_json *j, const char *text) {
    if (text)
        rsl_json_string(j, text);
    else
        rsl_json_null(j);
}

static void put_column(struct rsl_json *j, const struct rsl_result *r, const struct column *c) {
    const void *at = (const char *)r + c->at;
    if (c->type == TEXT)
        put_text(j, *(const char *const *)at);
    else if (c->type == WHOLE)
        rsl_json_int(j, *(const int64_t *)at);
    else
        rsl_json_double(j, *(const double *)at);
}

/* Curves need no 17 digits. */
static void put_rounded(struct rsl_json *j, double value) {
    char text[40];
    snprintf(text, sizeof text, "%.6g", value);
    rsl_json_double(j, strtod(text, NULL));
}

static void put_series(struct rsl_json *j, const struct rsl_report *report,
                       const struct rsl_report_row *row) {
    struct rsl_text name = {0};
    rsl_report_series_name(&name, report, row, false);
    if (name.status < 0) j->text.status = name.status;
    rsl_json_string(j, name.at ? name.at : "");
    rsl_text_free(&name);
}

static void put_rows(struct rsl_json *j, const struct rsl_report *report) {
    rsl_json_key(j, "columns");
    rsl_json_array(j);
    for (int c = 0; c < COLUMNS; c++) rsl_json_string(j, columns[c].key);
    static const char *const more[] = {"store", "bits", "weights", "series"};
    for (int c = 0; c < 4; c++) rsl_json_string(j, more[c]);
    rsl_json_end(j);
    rsl_json_key(j, "rows");
    rsl_json_array(j);
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_report_row *row = &report->rows[i];
        rsl_json_array(j);
        for (int c = 0; c < COLUMNS; c++) put_column(j, row->result, &columns[c]);
        rsl_json_int(j, row->store);
        rsl_json_int(j, row->bits);
        rsl_json_int(j, row->weights);
        rsl_json_int(j, row->series);
        rsl_json_end(j);
    }
    rsl_json_end(j);
    rsl_json_key(j, "series");
    rsl_json_array(j);
    for (int i = 0; i < report->n_series; i++)
        put_series(j, report, &report->rows[report->series[i]]);
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
    rsl_json_key(j, "cells"); /* layer, bit, trials, runs, SDC, low, high */
    rsl_json_array(j);
    for (size_t i = 0; i < row->n_cells; i++) {
        const struct rsl_report_cell *c = &row->cells[i];
        rsl_json_array(j);
        rsl_json_int(j, c->layer);
        rsl_json_int(j, c->bit);
        rsl_json_int(j, c->trials);
        rsl_json_int(j, c->runs);
        rsl_json_int(j, c->sdc);
        put_rounded(j, c->share.low);
        put_rounded(j, c->share.high);
        rsl_json_end(j);
    }
    rsl_json_end(j);
    rsl_json_end(j);
}

static void put_course(struct rsl_json *j, const struct rsl_report_row *row, size_t number) {
    rsl_json_object(j);
    rsl_json_key(j, "row");
    rsl_json_int(j, (int64_t)number);
    rsl_json_key(j, "steps"); /* trials; drop, low, high in per cent; SDC, low, high */
    rsl_json_array(j);
    for (size_t i = 0; i < row->n_steps; i++) {
        const struct rsl_report_step *s = &row->steps[i];
        const double values[] = {s->drop, s->drop_interval.low, s->drop_interval.high,
                                 s->sdc,  s->sdc_interval.low,  s->sdc_interval.high};
        rsl_json_array(j);
        rsl_json_int(j, s->trials);
        for (int v = 0; v < 6; v++) put_rounded(j, values[v]);
        rsl_json_end(j);
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
