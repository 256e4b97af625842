/* The tables of the page: complete without scripts. report.js makes them sort, filter and copy. */
#include "report/report_int.h"

#include <inttypes.h>
#include <math.h>

static void head(struct rsl_text *t, const char *id, const char *title, const char *about) {
    rsl_text_printf(
        t,
        "<section class=table-section aria-labelledby=%s-title>\n<h2 id=%s-title>%s</h2>"
        "\n<p class=about>%s</p>\n<div class=scroll tabindex=0 role=region "
        "aria-labelledby=%s-title><table id=%s>\n<thead><tr>",
        id, id, title, about, id, id);
}

static void heading(struct rsl_text *t, const char *text, bool number) {
    rsl_text_printf(t, "<th scope=col%s>%s</th>", number ? " class=n" : "", text);
}

static void text_cell(struct rsl_text *t, const char *text) {
    rsl_text_puts(t, "<td>");
    rsl_html_text(t, text && text[0] ? text : "–");
}

static void interval_cell(struct rsl_text *t, double value, double low, double high) {
    rsl_text_puts(t, "<td class=n>");
    rsl_report_interval(t, value, low, high);
}

static void number_cell(struct rsl_text *t, double value, int digits) {
    rsl_text_puts(t, "<td class=n>");
    if (isnan(value))
        rsl_text_puts(t, "–");
    else
        rsl_text_printf(t, "%.*f", digits, value);
}

static void rate_cell(struct rsl_text *t, double rate) {
    rsl_text_puts(t, "<td class=n>");
    rsl_report_rate(t, rate);
}

static void end(struct rsl_text *t) {
    rsl_text_puts(t, "</tbody></table></div>\n</section>\n");
}

/* ---- results ---- */

static void result_row(struct rsl_text *t, const struct rsl_report *report, size_t i) {
    const struct rsl_result *r = report->rows[i].result;
    bool layers = r->sampling && r->sampling[0] == 'l';
    rsl_text_printf(t, "<tr data-row=%zu>", i);
    if (report->n_stores > 1) text_cell(t, r->store);
    text_cell(t, r->storage);
    text_cell(t, r->fault);
    if (layers) rsl_text_puts(t, " (by layers)");
    rate_cell(t, r->ber);
    rsl_text_puts(t, "<td class=n>");
    rsl_report_count(t, r->trials);
    rsl_text_puts(t, r->reason ? "" : " so far");
    number_cell(t, r->golden, 2);
    interval_cell(t, r->accuracy, r->accuracy_low, r->accuracy_high);
    interval_cell(t, r->drop, r->drop_low, r->drop_high);
    interval_cell(t, 100 * r->sdc, 100 * r->sdc_low, 100 * r->sdc_high);
    interval_cell(t, 100 * r->due, 100 * r->due_low, 100 * r->due_high);
    number_cell(t, 100 * r->masked, 2);
    rsl_text_puts(t, "</tr>\n");
}

static void results(struct rsl_text *t, const struct rsl_report *report) {
    head(
        t, "results", "Results",
        "One row for each storage, fault and rate, with the interval in which the true value lies. "
        "Methods, below, has the confidence and how intervals were made.");
    if (report->n_stores > 1) heading(t, "Store", false);
    heading(t, "Storage", false);
    heading(t, "Fault", false);
    heading(t, "Rate", true);
    heading(t, "Trials", true);
    heading(t, "Golden %", true);
    heading(t, "Accuracy %", true);
    heading(t, "Drop, points", true);
    heading(t, "SDC %", true);
    heading(t, "DUE %", true);
    heading(t, "Masked %", true);
    rsl_text_puts(t, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_rows; i++) result_row(t, report, i);
    end(t);
}

/* ---- what faults did in memory ---- */

static void memory_row(struct rsl_text *t, const struct rsl_report *report, size_t i) {
    const struct rsl_report_row *row = &report->rows[i];
    const struct rsl_result *r = row->result;
    rsl_text_printf(t, "<tr data-row=%zu>", i);
    if (report->n_stores > 1) text_cell(t, r->store);
    text_cell(t, r->storage);
    text_cell(t, r->fault);
    rate_cell(t, r->ber);
    rsl_text_printf(t, "<td class=n>%.4g<td class=n>", r->bits_per_weight);
    rsl_report_count(t, row->bits);
    number_cell(t, r->faults, 2);
    number_cell(t, r->changed, 2);
    number_cell(t, r->corrected, 2);
    number_cell(t, r->detected, 2);
    number_cell(t, r->missed, 2);
    rsl_text_puts(t, "</tr>\n");
}

static void memory(struct rsl_text *t, const struct rsl_report *report) {
    head(t, "memory", "Memory and votes",
         "What the parameters take, and means over the trials: faults drawn, stored bits changed, "
         "and words in which the protection's reader corrected something, noticed what it could "
         "not correct, or missed a change. Two flips among three copies count as corrected and "
         "as missed.");
    if (report->n_stores > 1) heading(t, "Store", false);
    heading(t, "Storage", false);
    heading(t, "Fault", false);
    heading(t, "Rate", true);
    heading(t, "Bits per weight", true);
    heading(t, "Bits", true);
    heading(t, "Faults", true);
    heading(t, "Changed bits", true);
    heading(t, "Corrected", true);
    heading(t, "Detected", true);
    heading(t, "Missed", true);
    rsl_text_puts(t, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_rows; i++) memory_row(t, report, i);
    end(t);
}

/* ---- single faults ---- */

static void cell_row(struct rsl_text *t, const struct rsl_report_row *row,
                     const struct rsl_report_cell *c) {
    rsl_text_puts(t, "<tr>");
    text_cell(t, row->layers[c->layer]);
    rsl_text_printf(t, "<td class=n>%d<td class=n>%" PRId64 "<td class=n>%" PRId64, c->bit,
                    c->trials, c->runs);
    interval_cell(t, 100 * (double)c->sdc / (double)c->runs, 100 * c->share.low,
                  100 * c->share.high);
    rsl_text_puts(t, "</tr>\n");
}

static void map(struct rsl_text *t, const struct rsl_report *report, size_t i) {
    const struct rsl_report_row *row = &report->rows[i];
    struct rsl_text id = {0}, title = {0}, name = {0};
    rsl_text_printf(&id, "map-%zu", i);
    rsl_report_series_name(&name, report, row, true);
    rsl_text_puts(&title, "Single faults by layer and bit: ");
    if (name.at) rsl_html_text(&title, name.at);
    if (id.status < 0 || title.status < 0 || name.status < 0) {
        t->status = RSL_ENOMEM;
    } else {
        head(t, id.at, title.at,
             "SDC of the trials whose one fault hit this bit of this layer; bit 0 is the least.");
        heading(t, "Layer", false);
        heading(t, "Bit", true);
        heading(t, "Trials", true);
        heading(t, "Runs", true);
        heading(t, "SDC %", true);
        rsl_text_puts(t, "</tr></thead><tbody>\n");
        for (size_t c = 0; c < row->n_cells; c++) cell_row(t, row, &row->cells[c]);
        end(t);
    }
    rsl_text_free(&id);
    rsl_text_free(&title);
    rsl_text_free(&name);
}

void rsl_report_tables(struct rsl_text *t, const struct rsl_report *report) {
    results(t, report);
    memory(t, report);
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].n_cells) map(t, report, i);
}
