/* Figures of what storages cost, as FORTUNE has them: drop against memory, bars of P_drop and RAP
 * at each rate, of bits, and of time. */
#include "report/gnuplot.h"

#include "base/alloc.h"
#include "base/ascending.h"
#include "base/status.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SLANTING = 24, MARGIN = 12 };

/* Below the bars stand their names, which begin left of them: where they slant, cos 30 degrees of
 * the longest is more than the margin that gnuplot leaves; it has no room for long ones, which
 * stand upright. Below the names is a key of n. */
static void start_bars(struct rsl_text *t, const struct rsl_report *report, const char *name,
                       const char *label, size_t n) {
    size_t letters = rsl_gnuplot_longest(report), margin = letters * 4 / 5;
    bool slant = letters <= SLANTING;
    rsl_gnuplot_start(t, name, 16,
                      7 + rsl_gnuplot_cm(letters) * (slant ? 0.5 : 1) + rsl_gnuplot_key(16, n, 20));
    rsl_text_printf(t,
                    "set style data histograms\nset style fill solid 0.8 border -1\n"
                    "set ylabel '%s' noenhanced\nset xtics rotate by %d right noenhanced\n"
                    "set lmargin %zu\nset grid y\nset key below noenhanced\n",
                    label, slant ? 30 : 90, slant && margin > MARGIN ? margin : MARGIN);
}

/* ---- memory ---- */

/* 0 stands for faults without a rate: gnuplot finds no number equal to NaN. */
static double rate_of(const struct rsl_result *r) {
    return r->ber > 0 ? r->ber : 0;
}

/* The rate that most points share, of several the highest. */
static double common_rate(double *rates, size_t n) {
    double common = 0;
    size_t most = 0;
    rsl_sort_ascending(rates, n);
    for (size_t i = 0, first = 0; i < n; i++) {
        if (rates[first] != rates[i]) first = i;
        if (i - first + 1 >= most) most = i - first + 1, common = rates[i];
    }
    return common;
}

static void put_points(struct rsl_text *t, const struct rsl_report *report) {
    rsl_text_puts(t, "# bits drop low high rate storage\n");
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (isnan(r->drop)) continue;
        rsl_text_printf(t, "%" PRId64, report->rows[i].bits);
        rsl_gnuplot_number(t, r->drop);
        rsl_gnuplot_number(t, r->drop_low);
        rsl_gnuplot_number(t, r->drop_high);
        rsl_gnuplot_number(t, rate_of(r));
        rsl_text_puts(t, " ");
        rsl_gnuplot_series(t, report, report->rows[i].series, '"');
        rsl_text_puts(t, "\n");
    }
}

static int memory(const struct rsl_report *report, const char *folder, double *rates) {
    struct rsl_text t = {0};
    int64_t most = 0;
    size_t n = 0;
    for (size_t i = 0; i < report->n_rows; i++) {
        if (isnan(report->rows[i].result->drop)) continue;
        rates[n++] = rate_of(report->rows[i].result);
        if (report->rows[i].bits > most) most = report->rows[i].bits;
    }
    if (n == 0) return RSL_OK;
    put_points(&t, report);
    RSL_TRY(rsl_gnuplot_save(folder, "memory", "dat", &t));
    /* 7.5 cm are for the points, the rest for the name of the last. */
    double names = rsl_gnuplot_cm(rsl_gnuplot_longest(report));
    rsl_gnuplot_start(&t, "memory", 10 + names, 8);
    rsl_text_printf(&t,
                    "set xlabel 'memory, bits'\nset ylabel 'accuracy drop, points'\nset grid\n"
                    "unset key\nset xrange [0:%.3g]\nset yrange [*<0:0.1<*]\n"
                    "# `rate` chooses the points, 0 those of faults without a rate.\nrate =",
                    (double)most * (7.5 + names) / 7);
    rsl_gnuplot_number(&t, common_rate(rates, n));
    rsl_text_puts(
        &t,
        "\nplot 'memory.dat' using ($5 == rate ? $1 : NaN):2:3:4 with yerrorbars pt 7, \\\n"
        "  '' using ($5 == rate ? $1 : NaN):2:6 with labels left noenhanced offset 0.7,0.5\n");
    return rsl_gnuplot_save(folder, "memory", "gp", &t);
}

/* ---- a group of bars for each series, in it a bar for each rate ---- */

static double cost_of(const struct rsl_result *r, bool rap) {
    return rap ? r->rap : r->p_drop;
}

/* The rates at which a storage loses something, ascending, each once: elsewhere there are no bars.
 */
static size_t rates_of(const struct rsl_report *report, double *rates, bool rap) {
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (r->ber > 0 && cost_of(r, rap) > 0) rates[n++] = r->ber;
    }
    rsl_sort_ascending(rates, n);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || rates[kept - 1] != rates[i]) rates[kept++] = rates[i];
    return kept;
}

static double value_at(const struct rsl_report *report, int series, double rate, bool rap) {
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series == series && r->ber == rate) return cost_of(r, rap);
    }
    return NAN;
}

static bool is_known(const struct rsl_report *report, int series, bool rap) {
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series == series && r->ber > 0 && !isnan(cost_of(r, rap))) return true;
    }
    return false;
}

static void put_costs(struct rsl_text *t, const struct rsl_report *report, const double *rates,
                      size_t n, bool rap) {
    rsl_text_puts(t, "storage");
    for (size_t r = 0; r < n; r++) rsl_text_printf(t, " \"rate %.4g\"", rates[r]);
    rsl_text_puts(t, "\n");
    for (int s = 0; s < report->n_series; s++) {
        if (!is_known(report, s, rap)) continue;
        rsl_gnuplot_series(t, report, s, '"');
        for (size_t r = 0; r < n; r++) rsl_gnuplot_number(t, value_at(report, s, rates[r], rap));
        rsl_text_puts(t, "\n");
    }
}

/* Nothing is written where nothing is lost. */
static int by_rate(const struct rsl_report *report, const char *folder, double *rates, bool rap) {
    const char *name = rap ? "rap" : "pdrop";
    struct rsl_text t = {0};
    size_t n = rates_of(report, rates, rap);
    if (n == 0) return RSL_OK;
    put_costs(&t, report, rates, n, rap);
    RSL_TRY(rsl_gnuplot_save(folder, name, "dat", &t));
    start_bars(&t, report, name, rap ? "RAP" : "P_drop", n);
    if (!rap) {
        rsl_text_printf(&t,
                        "# C = %.6g. What is 0, or below, has no place on a logarithmic axis.\n",
                        report->drop_constant);
        rsl_text_puts(&t, "set logscale y\nset format y '10^{%T}'\n");
    }
    rsl_text_printf(&t, "plot for [i=2:%zu] '%s.dat' using i:xtic(1) title columnheader(i)\n",
                    n + 1, name);
    return rsl_gnuplot_save(folder, name, "gp", &t);
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
    rsl_report_storage_name(&name, report, row);
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
    RSL_TRY(rsl_gnuplot_save(folder, "bits", "dat", &t));
    start_bars(&t, report, "bits", "memory, bits", 3);
    rsl_text_puts(&t,
                  "set style histogram rowstacked\nset boxwidth 0.7\n"
                  "plot for [i=2:4] 'bits.dat' using i:xtic(1) title columnheader(i)\n");
    return rsl_gnuplot_save(folder, "bits", "gp", &t);
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
    RSL_TRY(rsl_gnuplot_save(folder, "time", "dat", &t));
    start_bars(&t, report, "time", "time, ratio to 8 bits without protection", 0);
    rsl_text_puts(&t,
                  "set yrange [0:*]\nunset key\n"
                  "plot 'time.dat' using 2:xtic(1), 1 with lines dashtype 2\n");
    return rsl_gnuplot_save(folder, "time", "gp", &t);
}

int rsl_gnuplot_cost(const struct rsl_report *report, const char *folder) {
    double *rates = rsl_calloc(report->n_rows + 1, sizeof *rates);
    if (!rates) return RSL_ENOMEM;
    int rc = memory(report, folder, rates);
    if (rc == RSL_OK) rc = by_rate(report, folder, rates, false);
    if (rc == RSL_OK) rc = by_rate(report, folder, rates, true);
    if (rc == RSL_OK && report->n_rows) rc = bits(report, folder);
    if (rc == RSL_OK) rc = timing(report, folder);
    rsl_free(rates);
    return rc;
}
