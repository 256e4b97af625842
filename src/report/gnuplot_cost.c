/* Figures of what storages cost, as FORTUNE has them: bars of P_drop and RAP at each rate, of bits,
 * and of time. */
#include "report/gnuplot.h"

#include "base/alloc.h"
#include "base/status.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Saves the text as NAME.gp or NAME.dat, and empties it. */
static int save(const char *folder, const char *name, const char *ending, struct rsl_text *t) {
    struct rsl_text file = {0};
    rsl_text_printf(&file, "%s.%s", name, ending);
    int rc = file.status < 0 ? file.status : rsl_gnuplot_save(folder, file.at, t);
    rsl_text_free(&file);
    rsl_text_free(t);
    *t = (struct rsl_text){0};
    return rc;
}

static void start(struct rsl_text *t, const char *name, const char *label) {
    rsl_text_printf(
        t,
        "# gnuplot %s.gp makes %s.pdf\nset terminal pdfcairo size 16cm,9cm\n"
        "set output '%s.pdf'\nset style data histograms\n"
        "set style fill solid 0.8 border -1\nset ylabel '%s' noenhanced\n"
        "set xtics rotate by 30 right noenhanced\nset grid y\nset key below noenhanced\n",
        name, name, name, label);
}

/* ---- a group of bars for each series, in it a bar for each rate ---- */

static int compare_rates(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The rates of all points, ascending, each once. */
static size_t rates_of(const struct rsl_report *report, double *rates) {
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].result->ber > 0) rates[n++] = report->rows[i].result->ber;
    qsort(rates, n, sizeof *rates, compare_rates);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || rates[kept - 1] != rates[i]) rates[kept++] = rates[i];
    return kept;
}

static double value_at(const struct rsl_report *report, int series, double rate, bool rap) {
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series == series && r->ber == rate) return rap ? r->rap : r->p_drop;
    }
    return NAN;
}

static bool is_known(const struct rsl_report *report, int series, bool rap) {
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series == series && r->ber > 0 && !isnan(rap ? r->rap : r->p_drop))
            return true;
    }
    return false;
}

/* Nothing is written where no value is known. */
static int by_rate(const struct rsl_report *report, const char *folder, const double *rates,
                   size_t n, bool rap) {
    const char *name = rap ? "rap" : "pdrop";
    struct rsl_text t = {0};
    bool any = false;
    rsl_text_puts(&t, "storage");
    for (size_t r = 0; r < n; r++) rsl_text_printf(&t, " \"rate %.4g\"", rates[r]);
    rsl_text_puts(&t, "\n");
    for (int s = 0; s < report->n_series; s++) {
        if (!is_known(report, s, rap)) continue;
        any = true;
        rsl_gnuplot_series(&t, report, s, '"');
        for (size_t r = 0; r < n; r++) rsl_gnuplot_number(&t, value_at(report, s, rates[r], rap));
        rsl_text_puts(&t, "\n");
    }
    if (!any) {
        rsl_text_free(&t);
        return RSL_OK;
    }
    RSL_TRY(save(folder, name, "dat", &t));
    start(&t, name, rap ? "RAP" : "P_drop");
    if (!rap) {
        rsl_text_printf(&t,
                        "# C = %.6g. What is 0, or below, has no place on a logarithmic axis.\n",
                        report->drop_constant);
        rsl_text_puts(&t, "set logscale y\nset format y '10^{%T}'\n");
    }
    rsl_text_printf(&t, "plot for [i=2:%zu] '%s.dat' using i:xtic(1) title columnheader(i)\n",
                    n + 1, name);
    return save(folder, name, "gp", &t);
}

/* ---- a bar for each storage ---- */

/* Is the row the first of its storage? */
static bool first_of_storage(const struct rsl_report *report, size_t row) {
    const struct rsl_report_row *r = &report->rows[row];
    if (row == 0) return true;
    const struct rsl_report_row *before = r - 1; /* rows of a storage stand together */
    return before->store != r->store || strcmp(before->result->storage, r->result->storage) != 0;
}

static void put_storage(struct rsl_text *t, const struct rsl_report *report,
                        const struct rsl_report_row *row) {
    struct rsl_text name = {0};
    rsl_text_puts(&name, row->result->storage);
    if (report->n_stores > 1) rsl_text_printf(&name, ", %s", row->result->store);
    if (name.at) rsl_gnuplot_quoted(t, name.at, '"');
    if (name.status < 0) t->status = name.status;
    rsl_text_free(&name);
}

static int bits(const struct rsl_report *report, const char *folder) {
    struct rsl_text t = {0};
    rsl_text_puts(&t, "storage weights \"scales and zero points\" \"other parameters\"\n");
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_report_row *row = &report->rows[i];
        const struct rsl_result *r = row->result;
        if (!first_of_storage(report, i)) continue;
        put_storage(&t, report, row);
        rsl_text_printf(&t, " %" PRId64 " %" PRId64 " %" PRId64 "\n", r->weight_bits, r->scale_bits,
                        row->bits - r->weight_bits - r->scale_bits);
    }
    RSL_TRY(save(folder, "bits", "dat", &t));
    start(&t, "bits", "memory, bits");
    rsl_text_puts(&t,
                  "set style histogram rowstacked\nset boxwidth 0.7\n"
                  "plot for [i=2:4] 'bits.dat' using i:xtic(1) title columnheader(i)\n");
    return save(folder, "bits", "gp", &t);
}

static int timing(const struct rsl_report *report, const char *folder) {
    struct rsl_text t = {0};
    bool any = false;
    rsl_text_puts(&t, "storage ratio seconds batch threads\n");
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_report_row *row = &report->rows[i];
        if (!first_of_storage(report, i) || row->timing.batch == 0) continue;
        any = true;
        put_storage(&t, report, row);
        rsl_gnuplot_number(&t, row->timing.ratio);
        rsl_gnuplot_number(&t, row->timing.seconds);
        rsl_text_printf(&t, " %" PRId64 " %d\n", row->timing.batch, row->timing.threads);
    }
    if (!any) {
        rsl_text_free(&t);
        return RSL_OK;
    }
    RSL_TRY(save(folder, "time", "dat", &t));
    start(&t, "time", "time, ratio to 8 bits without protection");
    rsl_text_puts(&t,
                  "set yrange [0:*]\nunset key\n"
                  "plot 'time.dat' using 2:xtic(1), 1 with lines dashtype 2\n");
    return save(folder, "time", "gp", &t);
}

int rsl_gnuplot_cost(const struct rsl_report *report, const char *folder) {
    double *rates = rsl_calloc(report->n_rows + 1, sizeof *rates);
    if (!rates) return RSL_ENOMEM;
    size_t n = rates_of(report, rates);
    int rc = n ? by_rate(report, folder, rates, n, false) : RSL_OK;
    if (rc == RSL_OK && n) rc = by_rate(report, folder, rates, n, true);
    if (rc == RSL_OK && report->n_rows) rc = bits(report, folder);
    if (rc == RSL_OK) rc = timing(report, folder);
    rsl_free(rates);
    return rc;
}
