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
/* Writes the file of a folder, and empties the text. */
int rsl_gnuplot_save(const char *folder, const char *name, struct rsl_text *t);

/* P_drop and RAP at each rate, bits and time: bars for each storage (gnuplot_cost.c). */
int rsl_gnuplot_cost(const struct rsl_report *report, const char *folder);

#endif
