/* Series: rows that differ in the rate only, and what to call them. */
#include "report/report_int.h"

#include <string.h>

static bool same(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_series(const struct rsl_report_row *a, const struct rsl_report_row *b) {
    const struct rsl_result *r = a->result, *s = b->result;
    return a->store == b->store && same(r->storage, s->storage) && same(r->fault, s->fault) &&
           same(r->sampling, s->sampling) && same(r->design, s->design);
}

int rsl_report_find_series(struct rsl_report *report) {
    report->series = rsl_arena_array(&report->arena, report->n_rows, sizeof *report->series);
    if (!report->series) return RSL_ENOMEM;
    for (size_t i = 0; i < report->n_rows; i++) {
        int s = report->n_series;
        while (s > 0 && !same_series(&report->rows[report->series[s - 1]], &report->rows[i])) s--;
        if (s == 0) {
            report->series[report->n_series] = i;
            s = ++report->n_series;
        }
        report->rows[i].series = s - 1;
    }
    return RSL_OK;
}

/* Does a series of the same storage and fault differ in the field, and in none of those before it?
 */
static bool tells(const struct rsl_report *report, const struct rsl_report_row *row, int field) {
    for (int i = 0; i < report->n_series; i++) {
        const struct rsl_report_row *other = &report->rows[report->series[i]];
        const struct rsl_result *r = row->result, *s = other->result;
        const char *const fields[][2] = {
            {r->sampling, s->sampling}, {r->design, s->design}, {r->store, s->store}};
        int f = 0;
        if (!same(r->storage, s->storage) || !same(r->fault, s->fault)) continue;
        while (f < field && same(fields[f][0], fields[f][1])) f++;
        if (f == field && !same(fields[f][0], fields[f][1])) return true;
    }
    return false;
}

void rsl_report_series_name(struct rsl_text *t, const struct rsl_report *report,
                            const struct rsl_report_row *row, bool fault) {
    const struct rsl_result *r = row->result;
    if (fault) rsl_text_printf(t, "%s, ", r->fault);
    rsl_text_puts(t, r->storage);
    if (r->sampling && (!same(r->sampling, "bits") || tells(report, row, 0)))
        rsl_text_printf(t, ", by %s", r->sampling);
    if (tells(report, row, 1)) rsl_text_printf(t, ", images: %s", r->design);
    if (tells(report, row, 2)) rsl_text_printf(t, ", %s", r->store);
}
