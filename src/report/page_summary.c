/* What a reader wants to know first: how high an error rate each way of storing stands. */
#include "report/report_int.h"

#include <math.h>

enum { POINTS = 1 }; /* of accuracy that may be lost */

/* The largest rate of the series such that up to there no drop's upper limit exceeds POINTS; NaN:
 * none. Sets *least and *most to the rates there are. */
static double tolerated(const struct rsl_report *report, int series, double *least, double *most) {
    double broken = INFINITY, best = NAN;
    *least = INFINITY, *most = 0;
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series != series || !(r->ber > 0) || isnan(r->drop)) continue;
        *least = fmin(*least, r->ber);
        *most = fmax(*most, r->ber);
        if (!(r->drop_high <= POINTS)) broken = fmin(broken, r->ber);
    }
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series != series || !(r->ber > 0) || isnan(r->drop)) continue;
        if (r->ber < broken) best = fmax(isnan(best) ? 0 : best, r->ber);
    }
    return best;
}

static void line(struct rsl_text *t, const struct rsl_report *report, int series) {
    const struct rsl_report_row *row = &report->rows[report->series[series]];
    const struct rsl_result *r = row->result;
    struct rsl_text name = {0};
    double least, most, rate = tolerated(report, series, &least, &most);
    if (most == 0) return;
    rsl_report_series_name(&name, report, row, false);
    rsl_text_puts(t, "<tr><td>");
    if (name.at) rsl_html_text(t, name.at);
    if (name.status < 0) t->status = name.status;
    rsl_text_free(&name);
    rsl_text_puts(t, "<td>");
    rsl_html_text(t, r->fault);
    rsl_text_puts(t, isnan(rate) ? "<td>below " : "<td><b>");
    rsl_report_rate(t, isnan(rate) ? least : rate);
    if (!isnan(rate)) rsl_text_puts(t, "</b>");
    if (rate == most) rsl_text_puts(t, " <small>(highest measured)</small>");
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
    rsl_text_printf(t,
                    "<section class=table-section aria-labelledby=summary-title>\n<h2 "
                    "id=summary-title>At a glance</h2>"
                    "\n<p class=about>The highest error rate measured at which, and below which, "
                    "the accuracy drop stays within %d point with confidence (upper limit of its "
                    "interval).</p>\n<div class=scroll tabindex=0 role=region "
                    "aria-labelledby=summary-title><table id=summary class=texts-2>\n<thead><tr>"
                    "<th scope=col>Storage<th scope=col>Fault<th scope=col>Rate withstood"
                    "<th scope=col>Bits per weight<th scope=col>Golden %%"
                    "</tr></thead><tbody>\n",
                    POINTS);
    for (int s = 0; s < report->n_series; s++) line(t, report, s);
    rsl_text_puts(t, "</tbody></table></div>\n</section>\n");
}
