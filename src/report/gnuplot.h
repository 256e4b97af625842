/* What the writers of figures (gnuplot*.c) share. */
#ifndef RSL_REPORT_GNUPLOT_H
#define RSL_REPORT_GNUPLOT_H

#include "report/report_int.h"

/* `quote` is ' in scripts, where gnuplot takes everything as it is but for the quote, which is
 * doubled, and " in data, where nothing can stand for it. */
void rsl_gnuplot_quoted(struct rsl_text *t, const char *text, char quote);
/* The name of a series, quoted. */
void rsl_gnuplot_series(struct rsl_text *t, const struct rsl_report *report, int series,
                        char quote);
/* " 0.25", or " NaN". */
void rsl_gnuplot_number(struct rsl_text *t, double value);
/* Letters of the longest name of a series. */
size_t rsl_gnuplot_longest(const struct rsl_report *report);
/* Centimetres that so many letters take in gnuplot's default font. */
double rsl_gnuplot_cm(size_t letters);
/* Centimetres that a key of n names below a figure is high. */
double rsl_gnuplot_key(double wide, size_t n, size_t letters);
/* The first lines of a script; sizes in centimetres. */
void rsl_gnuplot_start(struct rsl_text *t, const char *name, double wide, double high);
/* Writes NAME.ENDING of a folder, and empties the text. */
int rsl_gnuplot_save(const char *folder, const char *name, const char *ending, struct rsl_text *t);

/* Drop against memory; P_drop and RAP at each rate, bits and time: bars for each storage
 * (gnuplot_cost.c). */
int rsl_gnuplot_cost(const struct rsl_report *report, const char *folder);

#endif
