/* The tables of the page, as they are without scripts: complete up to RSL_REPORT_SHOWN rows.
 * page/tables.js writes the same cells, and makes them sort, filter and copy. */
#include "report/report_int.h"

#include <inttypes.h>
#include <math.h>

/* `texts` columns of words come first; numbers stand on the right. */
static void head(struct rsl_text *t, const char *id, const char *title, const char *about,
                 int texts) {
    rsl_text_printf(
        t,
        "<section class=table-section aria-labelledby=%s-title>\n<h2 id=%s-title>%s</h2>"
        "\n<p class=about>%s</p>\n<div class=scroll tabindex=0 role=region "
        "aria-labelledby=%s-title><table id=%s class=texts-%d>\n<thead><tr>",
        id, id, title, about, id, id, texts);
}

static void headings(struct rsl_text *t, const char *const *texts) {
    for (; *texts; texts++) rsl_text_printf(t, "<th scope=col>%s", *texts);
    rsl_text_puts(t, "</tr></thead><tbody>\n");
}

static void text_cell(struct rsl_text *t, const char *text) {
    rsl_text_puts(t, "<td>");
    rsl_html_text(t, text && text[0] ? text : "–");
}

static void interval_cell(struct rsl_text *t, double value, double low, double high) {
    rsl_text_puts(t, "<td>");
    rsl_report_interval(t, value, low, high);
}

static void number_cell(struct rsl_text *t, double value) {
    if (isnan(value))
        rsl_text_puts(t, "<td>–");
    else
        rsl_text_printf(t, "<td>%.2f", value);
}

static void count_cell(struct rsl_text *t, int64_t n) {
    rsl_text_puts(t, "<td>");
    rsl_report_count(t, n);
}

static void rate_cell(struct rsl_text *t, double rate) {
    rsl_text_puts(t, "<td>");
    rsl_report_rate(t, rate);
}

/* `left_out` rows are in the page's data, from which the script takes them. */
static void end(struct rsl_text *t, size_t left_out) {
    rsl_text_puts(t, "</tbody></table></div>\n");
    if (left_out) {
        rsl_text_puts(t, "<noscript><p class=about>");
        rsl_report_count(t, (int64_t)left_out);
        rsl_text_puts(t,
                      " more rows need scripts; <code>resile results --csv</code> prints all."
                      "</p></noscript>\n");
    }
    rsl_text_puts(t, "</section>\n");
}

/* ---- tables of points ---- */

/* Which point it is: the first columns of all of them. */
static void point_cells(struct rsl_text *t, const struct rsl_report *report, size_t i) {
    const struct rsl_result *r = report->rows[i].result;
    bool layers = r->sampling && r->sampling[0] == 'l';
    rsl_text_puts(t, "<tr>");
    if (report->n_stores > 1) text_cell(t, r->store);
    text_cell(t, r->storage);
    text_cell(t, r->fault);
    if (layers) rsl_text_puts(t, " (by layers)");
    if (r->apart) rsl_text_printf(t, " (%s)", r->apart);
    rate_cell(t, r->ber);
}

static void result_cells(struct rsl_text *t, const struct rsl_report_row *row) {
    const struct rsl_result *r = row->result;
    count_cell(t, r->trials);
    rsl_text_puts(t, r->reason ? "" : " so far");
    number_cell(t, r->golden);
    interval_cell(t, r->accuracy, r->accuracy_low, r->accuracy_high);
    interval_cell(t, r->drop, r->drop_low, r->drop_high);
    interval_cell(t, 100 * r->sdc, 100 * r->sdc_low, 100 * r->sdc_high);
    interval_cell(t, 100 * r->due, 100 * r->due_low, 100 * r->due_high);
    number_cell(t, 100 * r->masked);
}

static void cost_cells(struct rsl_text *t, const struct rsl_report_row *row) {
    const struct rsl_result *r = row->result;
    rsl_text_printf(t, "<td>%.4g", r->bits_per_weight);
    count_cell(t, r->weight_bits);
    count_cell(t, r->scale_bits);
    count_cell(t, row->bits);
    number_cell(t, r->time_ratio);
    rate_cell(t, r->p_drop);
    rate_cell(t, r->p_drop_bounded);
    number_cell(t, r->rap);
}

static void vote_cells(struct rsl_text *t, const struct rsl_report_row *row) {
    const struct rsl_result *r = row->result;
    number_cell(t, r->faults);
    number_cell(t, r->changed);
    number_cell(t, r->corrected);
    number_cell(t, r->detected);
    number_cell(t, r->missed);
}

static const struct table {
    const char *id, *title, *about;
    const char *headings[10]; /* after storage, fault and rate */
    void (*cells)(struct rsl_text *t, const struct rsl_report_row *row);
} tables[] = {
    {"results",
     "Results",
     "One row for each storage, fault and rate, with the interval in which the true value lies. "
     "Methods, below, has the confidence and how intervals were made.",
     {"Trials", "Golden %", "Accuracy %", "Drop, points", "SDC %", "DUE %", "Masked %"},
     result_cells},
    {"cost",
     "Memory, time, P_drop and RAP",
     "Bits of the weights, redundancy included, of their scales and zero points, and of everything "
     "stored; time as a ratio to the 8-bit network without protection; FORTUNE's P_drop, the "
     "probability 1 &#8722; exp(&#8722;P_drop), and RAP, of the mean drop.",
     {"Bits per weight", "Weights, bits", "Scales, bits", "All, bits", "Time", "P_drop",
      "Probability", "RAP"},
     cost_cells},
    {"votes",
     "Faults and votes",
     "Means over the trials: faults drawn, stored bits changed, and words in which the "
     "protection's reader corrected something, noticed what it could not correct, or missed a "
     "change. Two flips among three copies count as corrected and as missed.",
     {"Faults", "Changed bits", "Corrected", "Detected", "Missed"},
     vote_cells},
};

static void points(struct rsl_text *t, const struct rsl_report *report, const struct table *table) {
    static const char *const point[] = {"Store", "Storage", "Fault", "Rate", NULL};
    bool stores = report->n_stores > 1;
    size_t n = report->n_rows < RSL_REPORT_SHOWN ? report->n_rows : RSL_REPORT_SHOWN;
    head(t, table->id, table->title, table->about, stores ? 3 : 2);
    for (const char *const *text = point + !stores; *text; text++)
        rsl_text_printf(t, "<th scope=col>%s", *text);
    headings(t, table->headings);
    for (size_t i = 0; i < n; i++) {
        point_cells(t, report, i);
        table->cells(t, &report->rows[i]);
        rsl_text_puts(t, "\n");
    }
    end(t, report->n_rows - n);
}

/* ---- single faults ---- */

static void cell_row(struct rsl_text *t, const struct rsl_report_row *row,
                     const struct rsl_report_cell *c) {
    rsl_text_puts(t, "<tr>");
    text_cell(t, row->layers[c->layer]);
    rsl_text_printf(t, "<td>%d<td>%" PRId64 "<td>%" PRId64, c->bit, c->trials, c->runs);
    interval_cell(t, 100 * (double)c->sdc / (double)c->runs, 100 * c->share.low,
                  100 * c->share.high);
    rsl_text_puts(t, "\n");
}

static void about_map(struct rsl_text *t, const struct rsl_report_row *row) {
    rsl_text_puts(t,
                  "SDC of the trials whose one fault hit this bit of this layer; bit 0 is the "
                  "least.");
    if (row->left_out == 0) return;
    rsl_text_puts(t, " Trials in layers beyond the ");
    rsl_report_count(t, RSL_REPORT_LAYERS);
    rsl_text_printf(t, " first met, or bits above %d, are not on the map: ", RSL_REPORT_BITS - 1);
    rsl_report_count(t, row->left_out);
    rsl_text_puts(t, ".");
}

static void map(struct rsl_text *t, const struct rsl_report *report, size_t i) {
    const struct rsl_report_row *row = &report->rows[i];
    static const char *const texts[] = {"Layer", "Bit", "Trials", "Runs", "SDC %", NULL};
    size_t n = row->n_cells < RSL_REPORT_SHOWN ? row->n_cells : RSL_REPORT_SHOWN;
    struct rsl_text id = {0}, title = {0}, name = {0}, about = {0};
    about_map(&about, row);
    rsl_text_printf(&id, "map-%zu", i);
    rsl_report_series_name(&name, report, row, true);
    rsl_text_puts(&title, "Single faults by layer and bit: ");
    if (name.at) rsl_html_text(&title, name.at);
    if (id.status < 0 || title.status < 0 || name.status < 0 || about.status < 0) {
        t->status = RSL_ENOMEM;
    } else {
        head(t, id.at, title.at, about.at, 1);
        headings(t, texts);
        for (size_t c = 0; c < n; c++) cell_row(t, row, &row->cells[c]);
        end(t, row->n_cells - n);
    }
    rsl_text_free(&id);
    rsl_text_free(&title);
    rsl_text_free(&name);
    rsl_text_free(&about);
}

void rsl_report_tables(struct rsl_text *t, const struct rsl_report *report) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) points(t, report, &tables[i]);
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].n_cells) map(t, report, i);
}
