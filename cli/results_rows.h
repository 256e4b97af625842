/* Rows of results on stdout, in the forms that `resile results` and `resile report` share. */
#ifndef CLI_RESULTS_ROWS_H
#define CLI_RESULTS_ROWS_H

#include <resile/store.h>

/* All rows, or with `fault` only those of that fault. Return an exit code. */
int results_print_json(const struct rsl_results *results, const char *fault);
int results_print_csv(const struct rsl_results *results, const char *fault);
int results_print_table(const struct rsl_results *results, const char *fault);
int results_print_markdown(const struct rsl_results *results, const char *fault);

/* One field of CSV, quoted where it must be; NULL is empty. */
void results_csv_text(const char *text);

#endif
