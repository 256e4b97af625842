/* What is to be said of the intervals of results: which they are, and where they are not those that
 * were asked for. */
#ifndef CLI_RESULTS_NOTES_H
#define CLI_RESULTS_NOTES_H

#include <resile/store.h>

/* All rows, or with `fault` only those of that fault, as in results_rows.h. */

/* An empty line and a sentence on stdout: confidence and methods, and of how many rows where they
 * differ. Nothing when there are no rows. */
void results_print_methods(const struct rsl_results *results, const char *fault);
/* One line on stderr for every interval kept for a reason, with the number of its rows. */
void results_complain_of_kept(const struct rsl_results *results, const char *fault);

#endif
