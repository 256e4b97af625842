/* Reports of campaigns: stores in, one HTML file or the files of a paper's figures out.
 * docs/report.md says what is in them. */
#ifndef RESILE_REPORT_H
#define RESILE_REPORT_H

#include "resile/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_report;

/* Reads what the report shows of n stores, each of which may still be written to. `confidence` as
 * for rsl_results_read. */
RSL_API int rsl_report_read(struct rsl_report **report, const char *const *stores, int n,
                            double confidence);
/* As rsl_results_set_drop_constant, of the numbers that the report shows. */
RSL_API int rsl_report_set_drop_constant(struct rsl_report *report, double constant);
RSL_API void rsl_report_free(struct rsl_report *report);

/* One self-contained file: it loads nothing, and opens from disk. `title` NULL: from the model's
 * name and the data. Replaces a report, and refuses to replace any other file. */
RSL_API int rsl_report_html(const struct rsl_report *report, const char *title, const char *path);

/* Data files and gnuplot scripts in a folder, which is made if it is missing: accuracy.gp, drop.gp,
 * sdc.gp, memory.gp, pdrop.gp, rap.gp, bits.gp, time.gp, heat-N.gp, as far as there are data.
 * Nothing else in the folder is touched. */
RSL_API int rsl_report_gnuplot(const struct rsl_report *report, const char *folder);

#ifdef __cplusplus
}
#endif
#endif
