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

/* Does another row have the same storage and fault, but differs in the field? */
static bool tells(const struct rsl_report *report, const struct rsl_report_row *row,
                  const char *(*field)(const struct rsl_report_row *)) {
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct rsl_report_row *other = &report->rows[i];
        if (same(row->result->storage, other->result->storage) &&
            same(row->result->fault, other->result->fault) && !same(field(row), field(other)))
            return true;
    }
    return false;
}

static const char *sampling_of(const struct rsl_report_row *row) {
    return row->result->sampling;
}

static const char *design_of(const struct rsl_report_row *row) {
    return row->result->design;
}

static const char *store_of(const struct rsl_report_row *row) {
    return row->result->store;
}

void rsl_report_series_name(struct rsl_text *t, const struct rsl_report *report,
                            const struct rsl_report_row *row, bool fault) {
    const struct rsl_result *r = row->result;
    if (fault) rsl_text_printf(t, "%s, ", r->fault);
    rsl_text_puts(t, r->storage);
    if (r->sampling && (!same(r->sampling, "bits") || tells(report, row, sampling_of)))
        rsl_text_printf(t, ", by %s", r->sampling);
    if (tells(report, row, design_of)) rsl_text_printf(t, ", images: %s", r->design);
    if (tells(report, row, store_of)) rsl_text_printf(t, ", %s", r->store);
}
