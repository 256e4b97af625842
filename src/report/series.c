/* Series: rows that differ in the rate only, and what to call them, their storages and networks. */
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

/* ---- names ---- */

bool rsl_report_same_network(const struct rsl_report_store *a, const struct rsl_report_store *b) {
    return same(a->identity.model_sha256, b->identity.model_sha256) &&
           same(a->identity.data, b->identity.data);
}

/* ", lenet5.onnx", or ", R.db" where two networks have files of that name (or one was measured on
 * two data sets); nothing in a report of one network. */
static void put_network(struct rsl_text *t, const struct rsl_report *report, int store) {
    const struct rsl_report_store *own = &report->stores[store];
    const char *model = rsl_report_base_name(own->session.model);
    bool several = false, alike = false;
    for (int s = 0; s < report->n_stores; s++) {
        const struct rsl_report_store *other = &report->stores[s];
        if (rsl_report_same_network(own, other)) continue;
        several = true;
        alike |= same(model, rsl_report_base_name(other->session.model));
    }
    if (several) rsl_text_printf(t, ", %s", alike ? own->path : model);
}

enum field { SAMPLING, DESIGN, STORE, FIELDS };

/* Does a series of the same network, storage and fault differ in the field, and in none of those
 * before it? */
static bool tells(const struct rsl_report *report, const struct rsl_report_row *row,
                  enum field field) {
    for (int i = 0; i < report->n_series; i++) {
        const struct rsl_report_row *other = &report->rows[report->series[i]];
        const struct rsl_result *r = row->result, *s = other->result;
        const char *const fields[FIELDS][2] = {
            {r->sampling, s->sampling}, {r->design, s->design}, {r->store, s->store}};
        int f = 0;
        if (!same(r->storage, s->storage) || !same(r->fault, s->fault)) continue;
        if (!rsl_report_same_network(&report->stores[row->store], &report->stores[other->store]))
            continue;
        while (f < (int)field && same(fields[f][0], fields[f][1])) f++;
        if (f == (int)field && !same(fields[f][0], fields[f][1])) return true;
    }
    return false;
}

void rsl_report_series_name(struct rsl_text *t, const struct rsl_report *report,
                            const struct rsl_report_row *row, bool fault) {
    const struct rsl_result *r = row->result;
    if (fault) rsl_text_printf(t, "%s, ", r->fault);
    rsl_text_puts(t, r->storage);
    if (r->sampling && (!same(r->sampling, "bits") || tells(report, row, SAMPLING)))
        rsl_text_printf(t, ", by %s", r->sampling);
    if (tells(report, row, DESIGN)) rsl_text_printf(t, ", images: %s", r->design);
    put_network(t, report, row->store);
    if (tells(report, row, STORE)) rsl_text_printf(t, ", %s", r->store);
}

void rsl_report_storage_name(struct rsl_text *t, const struct rsl_report *report,
                             const struct rsl_report_row *row) {
    const struct rsl_report_store *own = &report->stores[row->store];
    bool elsewhere = false;
    for (int i = 0; i < report->n_series; i++) {
        const struct rsl_report_row *other = &report->rows[report->series[i]];
        elsewhere |= other->store != row->store &&
                     same(other->result->storage, row->result->storage) &&
                     rsl_report_same_network(own, &report->stores[other->store]);
    }
    rsl_text_puts(t, row->result->storage);
    put_network(t, report, row->store);
    if (elsewhere) rsl_text_printf(t, ", %s", row->result->store);
}
