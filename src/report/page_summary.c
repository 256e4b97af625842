/* What a reader wants to know first: how high an error rate each way of storing stands. */
#include "report/report_int.h"

#include <math.h>

enum { POINTS = 1 }; /* of accuracy that may be lost */

/* What a series withstands. */
struct withstood {
    const struct rsl_result *best;         /* of the largest rate up to which no drop's upper limit
                                            * exceeds POINTS; NULL: none */
    const struct rsl_result *least, *most; /* of the rates there are; NULL: none */
};

static bool is_measured(const struct rsl_report *report, size_t row, int series) {
    const struct rsl_result *r = report->rows[row].result;
    return report->rows[row].series == series && r->ber > 0 && !isnan(r->drop);
}

static struct withstood withstood(const struct rsl_report *report, int series) {
    struct withstood w = {NULL, NULL, NULL};
    double broken = INFINITY;
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (!is_measured(report, i, series)) continue;
        if (!w.least || r->ber < w.least->ber) w.least = r;
        if (!w.most || r->ber > w.most->ber) w.most = r;
        if (!(r->drop_high <= POINTS)) broken = fmin(broken, r->ber);
    }
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (!is_measured(report, i, series) || !(r->ber < broken)) continue;
        if (!w.best || r->ber > w.best->ber) w.best = r;
    }
    return w;
}

static void line(struct rsl_text *t, const struct rsl_report *report, int series) {
    const struct rsl_report_row *row = &report->rows[report->series[series]];
    const struct rsl_result *r = row->result;
    struct rsl_text name = {0};
    struct withstood w = withstood(report, series);
    const struct rsl_result *told = w.best ? w.best : w.least;
    if (!told) return;
    rsl_report_series_name(&name, report, row, false);
    rsl_text_puts(t, "<tr><td>");
    if (name.at) rsl_html_text(t, name.at);
    if (name.status < 0) t->status = name.status;
    rsl_text_free(&name);
    rsl_text_puts(t, "<td>");
    rsl_html_text(t, r->fault);
    rsl_text_puts(t, w.best ? "<td><b>" : "<td>below ");
    rsl_report_rate(t, told->ber);
    if (w.best) rsl_text_puts(t, "</b>");
    if (w.best == w.most) rsl_text_puts(t, " <small>(highest measured)</small>");
    rsl_text_puts(t, "<td>");
    rsl_report_count(t, told->trials);
    rsl_text_puts(t, told->reason ? "" : " so far");
    rsl_text_printf(t, "<td>%.4g<td>", r->bits_per_weight);
    if (isnan(r->golden))
        rsl_text_puts(t, "–");
    else
        rsl_text_printf(t, "%.2f", r->golden);
    rsl_text_puts(t, "\n");
}

void rsl_report_summary(struct rsl_text *t, const struct rsl_report *report) {
    bool rates = false;
    for (size_t i = 0; i < report->n_rows; i++) rates |= report->rows[i].result->ber > 0;
    if (!rates) return;
    rsl_text_printf(
        t,
        "<section class=table-section aria-labelledby=summary-title>\n<h2 "
        "id=summary-title>At a glance</h2>"
        "\n<p class=about>The highest error rate measured at which, and below which, "
        "the accuracy drop stays within %d point with confidence (upper limit of its "
        "interval), and the trials at that rate.</p>\n<div class=scroll tabindex=0 role=region "
        "aria-labelledby=summary-title><table id=summary class=texts-2>\n<thead><tr>"
        "<th scope=col>Storage<th scope=col>Fault<th scope=col>Rate withstood"
        "<th scope=col>Trials"
        "<th scope=col>Bits per weight<th scope=col>Golden %%"
        "</tr></thead><tbody>\n",
        POINTS);
    for (int s = 0; s < report->n_series; s++) line(t, report, s);
    rsl_text_puts(t, "</tbody></table></div>\n</section>\n");
}
