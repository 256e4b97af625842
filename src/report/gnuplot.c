/* Figures for papers: data as text, one block per series, and gnuplot scripts that draw them. The
 * scripts are short and meant to be edited. */
#include "report/gnuplot.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

void rsl_gnuplot_quoted(struct rsl_text *t, const char *text, char quote) {
    rsl_text_add(t, &quote, 1);
    for (const char *s = text; *s; s++) {
        unsigned char c = (unsigned char)*s;
        char shown = c < 0x20 || c == 0x7f || (c == '"' && quote == '"') ? ' ' : *s;
        if (c == '\'' && quote == '\'') rsl_text_puts(t, "'");
        rsl_text_add(t, &shown, 1);
    }
    rsl_text_add(t, &quote, 1);
}

static bool several_faults(const struct rsl_report *report) {
    const char *fault = NULL;
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (!(r->ber > 0)) continue;
        if (fault && strcmp(fault, r->fault) != 0) return true;
        fault = r->fault;
    }
    return false;
}

void rsl_gnuplot_series(struct rsl_text *t, const struct rsl_report *report, int series,
                        char quote) {
    struct rsl_text name = {0};
    const struct rsl_report_row *row = &report->rows[report->series[series]];
    rsl_report_series_name(&name, report, row, several_faults(report));
    if (name.at) rsl_gnuplot_quoted(t, name.at, quote);
    if (name.status < 0) t->status = name.status;
    rsl_text_free(&name);
}

int rsl_gnuplot_save(const char *folder, const char *name, struct rsl_text *t) {
    struct rsl_text path = {0};
    rsl_text_printf(&path, "%s/%s", folder, name);
    int rc = path.status < 0 ? path.status : t->status;
    if (rc == RSL_OK) rc = rsl_file_write(path.at, t->at ? t->at : "", t->n);
    rsl_text_free(&path);
    rsl_text_free(t);
    *t = (struct rsl_text){0};
    return rc;
}

/* ---- against the rate ---- */

static bool has_rates(const struct rsl_report *report, int series) {
    for (size_t i = report->series[series]; i < report->n_rows; i++)
        if (report->rows[i].series == series && report->rows[i].result->ber > 0) return true;
    return false;
}

void rsl_gnuplot_number(struct rsl_text *t, double value) {
    if (isfinite(value))
        rsl_text_printf(t, " %.9g", value);
    else
        rsl_text_puts(t, " NaN");
}

/* "# 'ber, f32'" and one line per rate; blocks are told apart by two empty lines. */
static void put_block(struct rsl_text *t, const struct rsl_report *report, int series) {
    rsl_text_puts(t, "# ");
    rsl_gnuplot_series(t, report, series, '\'');
    rsl_text_puts(t, "\n");
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series != series || !(r->ber > 0)) continue;
        const double values[] = {
            r->accuracy,  r->accuracy_low, r->accuracy_high, r->drop,           r->drop_low,
            r->drop_high, 100 * r->sdc,    100 * r->sdc_low, 100 * r->sdc_high, r->golden};
        rsl_text_printf(t, "%.9g", r->ber);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++)
            rsl_gnuplot_number(t, values[v]);
        rsl_text_printf(t, " %" PRId64 "\n", r->trials);
    }
    rsl_text_puts(t, "\n\n");
}

static int rate_script(const struct rsl_report *report, const char *folder, const char *name,
                       const char *label, int column) {
    struct rsl_text t = {0}, file = {0};
    int block = 0;
    rsl_text_printf(&t,
                    "# gnuplot %s.gp makes %s.pdf\nset terminal pdfcairo size 12cm,8cm\n"
                    "set output '%s.pdf'\nset logscale x\nset format x '10^{%%T}'\n"
                    "set xlabel 'bit error rate'\nset ylabel '%s'\nset key below noenhanced\n"
                    "set grid\nplot",
                    name, name, name, label);
    for (int s = 0; s < report->n_series; s++) {
        if (!has_rates(report, s)) continue;
        rsl_text_printf(&t,
                        "%s \\\n  'by-rate.dat' index %d using 1:%d:%d:%d with yerrorlines title ",
                        block ? "," : "", block, column, column + 1, column + 2);
        rsl_gnuplot_series(&t, report, s, '\'');
        block++;
    }
    rsl_text_puts(&t, "\n");
    rsl_text_printf(&file, "%s.gp", name);
    int rc = file.status < 0 ? file.status : rsl_gnuplot_save(folder, file.at, &t);
    rsl_text_free(&t);
    rsl_text_free(&file);
    return rc;
}

static int by_rate(const struct rsl_report *report, const char *folder) {
    struct rsl_text t = {0};
    bool any = false;
    rsl_text_puts(&t,
                  "# rate accuracy low high drop low high SDC low high golden (per cent) trials\n");
    for (int s = 0; s < report->n_series; s++) {
        if (!has_rates(report, s)) continue;
        put_block(&t, report, s);
        any = true;
    }
    if (!any) {
        rsl_text_free(&t);
        return RSL_OK;
    }
    RSL_TRY(rsl_gnuplot_save(folder, "by-rate.dat", &t));
    RSL_TRY(rate_script(report, folder, "accuracy", "accuracy, %", 2));
    RSL_TRY(rate_script(report, folder, "drop", "accuracy drop, points", 5));
    return rate_script(report, folder, "sdc", "SDC, % of runs", 8);
}

/* ---- memory ---- */

static int memory(const struct rsl_report *report, const char *folder) {
    struct rsl_text t = {0};
    rsl_text_puts(&t, "# bits drop low high rate storage\n");
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (isnan(r->drop)) continue;
        rsl_text_printf(&t, "%" PRId64, report->rows[i].bits);
        rsl_gnuplot_number(&t, r->drop);
        rsl_gnuplot_number(&t, r->drop_low);
        rsl_gnuplot_number(&t, r->drop_high);
        rsl_gnuplot_number(&t, r->ber);
        rsl_text_puts(&t, " ");
        rsl_gnuplot_series(&t, report, report->rows[i].series, '"');
        rsl_text_puts(&t, "\n");
    }
    RSL_TRY(rsl_gnuplot_save(folder, "memory.dat", &t));
    rsl_text_puts(&t,
                  "# gnuplot memory.gp makes memory.pdf; `rate` chooses the points: NaN for faults "
                  "without a rate\nset terminal pdfcairo size 12cm,8cm\nset output 'memory.pdf'\n"
                  "set xlabel 'memory, bits'\nset ylabel 'accuracy drop, points'\nset grid\n"
                  "unset key\nset datafile separator whitespace\n");
    double rate = NAN;
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].result->ber > 0) rate = report->rows[i].result->ber;
    rsl_text_puts(&t, "rate =");
    rsl_gnuplot_number(&t, rate);
    rsl_text_puts(&t,
                  "\nat(r) = (r == rate || (r != r && rate != rate))\n"
                  "plot 'memory.dat' using (at($5) ? $1 : NaN):2:3:4 with yerrorbars pt 7, \\\n"
                  "  '' using (at($5) ? $1 : NaN):2:6 with labels noenhanced offset 0,1\n");
    return rsl_gnuplot_save(folder, "memory.gp", &t);
}

/* ---- maps ---- */

static int map(const struct rsl_report *report, size_t row, int number, const char *folder) {
    const struct rsl_report_row *r = &report->rows[row];
    struct rsl_text data = {0}, script = {0}, name = {0};
    rsl_text_puts(&data, "# layer bit SDC low high (per cent) trials\n");
    for (size_t c = 0; c < r->n_cells; c++) {
        const struct rsl_report_cell *cell = &r->cells[c];
        rsl_text_printf(&data, "%d %d %.9g %.9g %.9g %" PRId64 "\n", cell->layer, cell->bit,
                        100 * (double)cell->sdc / (double)cell->runs, 100 * cell->share.low,
                        100 * cell->share.high, cell->trials);
    }
    rsl_text_printf(&script,
                    "# gnuplot heat-%d.gp makes heat-%d.pdf\nset terminal pdfcairo size 12cm,%dcm\n"
                    "set output 'heat-%d.pdf'\nset palette defined (0 'white', 1 '#d0432f')\n"
                    "set xlabel 'bit'\nset cblabel 'SDC, %% of runs'\nset xrange [%d.5:-0.5]\n"
                    "set yrange [%d.5:-0.5]\nset cbrange [0:*]\nunset key\nset xtics 1\n"
                    "set ytics noenhanced (",
                    number, number, 4 + r->n_layers / 3, number, r->n_bits - 1, r->n_layers - 1);
    for (int l = 0; l < r->n_layers; l++) {
        rsl_text_puts(&script, l ? ", " : "");
        rsl_gnuplot_quoted(&script, r->layers[l], '\'');
        rsl_text_printf(&script, " %d", l);
    }
    rsl_text_printf(&script, ")\nset title noenhanced ");
    rsl_gnuplot_series(&script, report, r->series, '\'');
    rsl_text_printf(&script, "\nplot 'heat-%d.dat' using 2:1:3 with image\n", number);
    rsl_text_printf(&name, "heat-%d.dat", number);
    int rc = name.status < 0 ? name.status : rsl_gnuplot_save(folder, name.at, &data);
    if (rc == RSL_OK) {
        memcpy(name.at + name.n - 3, "gp", 3);
        rc = rsl_gnuplot_save(folder, name.at, &script);
    }
    rsl_text_free(&data);
    rsl_text_free(&script);
    rsl_text_free(&name);
    return rc;
}

int rsl_report_gnuplot(const struct rsl_report *report, const char *folder) {
    int number = 0;
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return rsl_fail(RSL_EIO, "%s: the folder cannot be made: %s", folder, strerror(errno));
    RSL_TRY(by_rate(report, folder));
    RSL_TRY(memory(report, folder));
    RSL_TRY(rsl_gnuplot_cost(report, folder));
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].n_cells) RSL_TRY(map(report, i, ++number, folder));
    return RSL_OK;
}
