/* Figures for papers: data as text, one block per series, and gnuplot scripts that draw them. The
 * scripts are short and meant to be edited. */
#include "report/gnuplot.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
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

/* Have other series, with rates as this one or without as this one, another fault? */
static bool other_faults(const struct rsl_report *report, const struct rsl_result *of) {
    for (int s = 0; s < report->n_series; s++) {
        const struct rsl_result *r = report->rows[report->series[s]].result;
        if ((r->ber > 0) == (of->ber > 0) && strcmp(r->fault, of->fault) != 0) return true;
    }
    return false;
}

static void put_name(struct rsl_text *t, const struct rsl_report *report, int series) {
    const struct rsl_report_row *row = &report->rows[report->series[series]];
    rsl_report_series_name(t, report, row, other_faults(report, row->result));
}

void rsl_gnuplot_series(struct rsl_text *t, const struct rsl_report *report, int series,
                        char quote) {
    struct rsl_text name = {0};
    put_name(&name, report, series);
    if (name.at) rsl_gnuplot_quoted(t, name.at, quote);
    if (name.status < 0) t->status = name.status;
    rsl_text_free(&name);
}

double rsl_gnuplot_cm(size_t letters) {
    return 0.18 * (double)letters;
}

double rsl_gnuplot_key(double wide, size_t n, size_t letters) {
    size_t across = (size_t)fmax(1, wide / (rsl_gnuplot_cm(letters) + 1.5));
    return 0.4 * (double)((n + across - 1) / across);
}

size_t rsl_gnuplot_longest(const struct rsl_report *report) {
    size_t longest = 0;
    for (int s = 0; s < report->n_series; s++) {
        struct rsl_text name = {0};
        put_name(&name, report, s);
        if (name.n > longest) longest = name.n;
        rsl_text_free(&name);
    }
    return longest;
}

void rsl_gnuplot_start(struct rsl_text *t, const char *name, double wide, double high) {
    rsl_text_printf(t,
                    "# gnuplot %s.gp makes %s.pdf\nset terminal pdfcairo size %.4gcm,%.4gcm\n"
                    "set output '%s.pdf'\n",
                    name, name, wide, high, name);
}

int rsl_gnuplot_save(const char *folder, const char *name, const char *ending, struct rsl_text *t) {
    struct rsl_text path = {0};
    rsl_text_printf(&path, "%s/%s.%s", folder, name, ending);
    int rc = path.status < 0 ? path.status : t->status;
    if (rc == RSL_OK) rc = rsl_file_write(path.at, t->at ? t->at : "", t->n);
    rsl_text_free(&path);
    rsl_text_free(t);
    *t = (struct rsl_text){0};
    return rc;
}

/* ---- against the rate ---- */

/* What is drawn: columns of by-rate.dat are the value and the ends of its interval. `range` keeps
 * the axis from being empty where all values are alike. */
static const struct figure {
    const char *name, *label, *range;
    int column;
    size_t at;
} figures[] = {
    {"accuracy", "accuracy, %", "set offsets 0,0,0.1,0.1", 2,
     offsetof(struct rsl_result, accuracy)},
    {"drop", "accuracy drop, points", "set yrange [*<0:0.1<*]", 5,
     offsetof(struct rsl_result, drop)},
    {"sdc", "SDC, % of runs", "set yrange [0:0.1<*]", 8, offsetof(struct rsl_result, sdc)},
};

/* Has the series rates at which the figure's value (NULL: anything) is known? */
static bool has_rates(const struct rsl_report *report, int series, const struct figure *figure) {
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series != series || !(r->ber > 0)) continue;
        if (!figure || !isnan(*(const double *)((const char *)r + figure->at))) return true;
    }
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

/* A little more than the rates there are, or there would be no axis for one. */
static void put_rates(struct rsl_text *t, const struct rsl_report *report) {
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < report->n_rows; i++) {
        double rate = report->rows[i].result->ber;
        if (rate > 0) least = fmin(least, rate), most = fmax(most, rate);
    }
    rsl_text_printf(t, "set xrange [%.3g:%.3g]\n", least / 1.5, most * 1.5);
}

static int rate_script(const struct rsl_report *report, const char *folder,
                       const struct figure *f) {
    struct rsl_text t = {0};
    int block = 0, shown = 0;
    size_t letters = rsl_gnuplot_longest(report);
    double wide = fmax(12, 2 + rsl_gnuplot_cm(letters));
    rsl_gnuplot_start(&t, f->name, wide,
                      7 + rsl_gnuplot_key(wide, (size_t)report->n_series, letters));
    rsl_text_printf(&t,
                    "set logscale x\nset format x '10^{%%T}'\nset xlabel 'bit error rate'\n"
                    "set ylabel '%s'\n%s\nset key below noenhanced\nset grid\n",
                    f->label, f->range);
    put_rates(&t, report);
    rsl_text_puts(&t, "plot");
    for (int s = 0; s < report->n_series; s++) {
        if (!has_rates(report, s, NULL)) continue;
        if (has_rates(report, s, f)) {
            rsl_text_printf(
                &t, "%s \\\n  'by-rate.dat' index %d using 1:%d:%d:%d with yerrorlines title ",
                shown++ ? "," : "", block, f->column, f->column + 1, f->column + 2);
            rsl_gnuplot_series(&t, report, s, '\'');
        }
        block++;
    }
    rsl_text_puts(&t, "\n");
    if (shown) return rsl_gnuplot_save(folder, f->name, "gp", &t);
    rsl_text_free(&t);
    return RSL_OK;
}

static int by_rate(const struct rsl_report *report, const char *folder) {
    struct rsl_text t = {0};
    bool any = false;
    rsl_text_puts(&t,
                  "# rate accuracy low high drop low high SDC low high golden (per cent) trials\n");
    for (int s = 0; s < report->n_series; s++) {
        if (!has_rates(report, s, NULL)) continue;
        put_block(&t, report, s);
        any = true;
    }
    if (!any) {
        rsl_text_free(&t);
        return RSL_OK;
    }
    RSL_TRY(rsl_gnuplot_save(folder, "by-rate", "dat", &t));
    for (size_t f = 0; f < sizeof figures / sizeof *figures; f++)
        RSL_TRY(rate_script(report, folder, &figures[f]));
    return RSL_OK;
}

/* ---- maps ---- */

enum { BITS_NAMED = 16 }; /* above, numbers of bits would cover each other */

static void put_cells(struct rsl_text *t, const struct rsl_report_row *row) {
    rsl_text_puts(t, "# layer bit SDC low high (per cent) trials\n");
    for (size_t c = 0; c < row->n_cells; c++) {
        const struct rsl_report_cell *cell = &row->cells[c];
        rsl_text_printf(t, "%d %d %.9g %.9g %.9g %" PRId64 "\n", cell->layer, cell->bit,
                        100 * (double)cell->sdc / (double)cell->runs, 100 * cell->share.low,
                        100 * cell->share.high, cell->trials);
    }
}

static void put_layers(struct rsl_text *t, const struct rsl_report_row *row) {
    rsl_text_puts(t, "set ytics noenhanced (");
    for (int l = 0; l < row->n_layers; l++) {
        rsl_text_puts(t, l ? ", " : "");
        rsl_gnuplot_quoted(t, row->layers[l], '\'');
        rsl_text_printf(t, " %d", l);
    }
    rsl_text_puts(t, ")\n");
}

/* Each cell is a box: cells that no fault hit have no line in the data and stay white, which an
 * image of gnuplot's would not allow. */
static void put_map(struct rsl_text *t, const struct rsl_report *report,
                    const struct rsl_report_row *row, const char *name) {
    size_t letters = 0;
    bool harm = false;
    for (int l = 0; l < row->n_layers; l++)
        if (strlen(row->layers[l]) > letters) letters = strlen(row->layers[l]);
    for (size_t c = 0; c < row->n_cells; c++) harm |= row->cells[c].sdc > 0;
    double title = rsl_gnuplot_cm(rsl_gnuplot_longest(report)) - 2;
    rsl_gnuplot_start(t, name, fmax(12, 1 + rsl_gnuplot_cm(letters) + fmax(5, title)),
                      4 + 0.33 * row->n_layers);
    rsl_text_printf(t,
                    "# white: not struck\nset palette defined (0 '#f6ebe8', 1 '#d0432f')\n"
                    "set xlabel 'bit'\nset cblabel 'SDC, %% of runs'\nset xrange [%d.5:-0.5]\n"
                    "set yrange [%d.5:-0.5]\nset cbrange [0:%s]\nunset key\nset xtics %d\n",
                    row->n_bits - 1, row->n_layers - 1, harm ? "*" : "1",
                    row->n_bits > BITS_NAMED ? 4 : 1);
    put_layers(t, row);
    rsl_text_puts(t, "set title noenhanced ");
    rsl_gnuplot_series(t, report, row->series, '\'');
    rsl_text_printf(t,
                    "\nplot '%s.dat' using 2:1:(0.5):(0.5):3 with boxxyerror fillcolor palette "
                    "fillstyle solid noborder\n",
                    name);
}

static int map(const struct rsl_report *report, const struct rsl_report_row *row, int number,
               const char *folder) {
    struct rsl_text t = {0};
    char name[32];
    snprintf(name, sizeof name, "heat-%d", number);
    put_cells(&t, row);
    RSL_TRY(rsl_gnuplot_save(folder, name, "dat", &t));
    put_map(&t, report, row, name);
    return rsl_gnuplot_save(folder, name, "gp", &t);
}

int rsl_report_gnuplot(const struct rsl_report *report, const char *folder) {
    int number = 0;
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return rsl_fail(RSL_EIO, "%s: the folder cannot be made: %s", folder, strerror(errno));
    RSL_TRY(by_rate(report, folder));
    RSL_TRY(rsl_gnuplot_cost(report, folder));
    for (size_t i = 0; i < report->n_rows; i++)
        if (report->rows[i].n_cells) RSL_TRY(map(report, &report->rows[i], ++number, folder));
    return RSL_OK;
}
