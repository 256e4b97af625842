/* Reads stores: results with their intervals, and beside them identity, session and digest, the
 * sizes of memory images, and what map.c makes of the trials. A store may be written to meanwhile:
 * what was added after the results were read is left out. */
#include "report/report_int.h"

#include "base/alloc.h"
#include "base/status.h"
#include "metric/drop_probability.h"

#include <math.h>
#include <string.h>

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_rate(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* Whether the result is of that point, whose rate is `rate`. */
static bool is_of(const struct rsl_result *r, const struct rsl_store_campaign *c,
                  const struct rsl_store_point *p, double rate) {
    return same_text(r->storage, c->storage) && same_text(r->fault, p->fault) &&
           same_rate(r->ber, rate) && same_text(r->sampling, p->sampling) &&
           same_text(r->design, p->design);
}

static int copy(struct rsl_report *report, const char **text) {
    *text = rsl_arena_strdup(&report->arena, *text ? *text : "");
    return *text ? RSL_OK : RSL_ENOMEM;
}

static int describe(struct rsl_report *report, struct rsl_report_store *s,
                    struct rsl_store *store) {
    s->path = rsl_store_path(store);
    s->identity = *rsl_store_identity_of(store);
    s->session = *rsl_store_session_of(store);
    const char **texts[] = {&s->path,
                            &s->identity.model_sha256,
                            &s->identity.data,
                            &s->identity.split,
                            &s->identity.data_sha256,
                            &s->identity.preprocess,
                            &s->identity.compute,
                            &s->session.model,
                            &s->session.command,
                            &s->session.version,
                            &s->session.cpu};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) RSL_TRY(copy(report, texts[i]));
    return rsl_store_digest(store, s->digest);
}

static int add_points(struct rsl_report *report, int s, struct rsl_store *store,
                      const struct rsl_store_campaign *c) {
    struct rsl_store_timing timing = {0};
    struct rsl_store_point *points;
    size_t n;
    int timed = rsl_store_timing(store, c->id, &report->arena, &timing);
    RSL_TRY(timed);
    RSL_TRY(rsl_store_points(store, c->id, &report->arena, &points, &n));
    for (size_t p = 0; p < n; p++) {
        const struct rsl_result *r = rsl_results_at(report->results, (int64_t)report->n_rows);
        double rate;
        bool upsets;
        RSL_TRY(rsl_store_rate(&points[p], &rate, &upsets));
        if (!r || !is_of(r, c, &points[p], rate)) continue;
        struct rsl_report_row *row = &report->rows[report->n_rows];
        *row = (struct rsl_report_row){
            .result = r, .store = s, .weights = c->weights, .bits = c->bits, .timing = timing};
        RSL_TRY(rsl_report_scan(report, row, store, c, &points[p],
                                report->n_rows < RSL_REPORT_COURSES));
        report->n_rows++;
    }
    return RSL_OK;
}

static int add_store(struct rsl_report *report, int s, const char *path) {
    struct rsl_store_campaign *campaigns;
    struct rsl_store *store;
    size_t n;
    int rc;
    RSL_TRY(rsl_store_read(&store, path));
    RSL_GOTO(describe(report, &report->stores[s], store));
    RSL_GOTO(rsl_store_campaigns(store, &report->arena, &campaigns, &n));
    for (size_t c = 0; c < n; c++) RSL_GOTO(add_points(report, s, store, &campaigns[c]));
out:
    rsl_store_close(store);
    return rc;
}

static int read_all(struct rsl_report *report, const char *const *stores, int n,
                    double confidence) {
    RSL_TRY(rsl_results_read(&report->results, stores, n, confidence));
    size_t rows = (size_t)rsl_results_count(report->results);
    report->stores = rsl_arena_array(&report->arena, (size_t)n, sizeof *report->stores);
    report->rows = rsl_arena_array(&report->arena, rows, sizeof *report->rows);
    if (!report->stores || !report->rows) return RSL_ENOMEM;
    report->n_stores = n;
    report->drop_constant = RSL_DROP_CONSTANT;
    for (int s = 0; s < n; s++) RSL_TRY(add_store(report, s, stores[s]));
    if (report->n_rows == rows) return rsl_report_find_series(report);
    return rsl_fail(RSL_EMISMATCH, "%s was replaced while it was read; run it again",
                    rsl_results_at(report->results, (int64_t)report->n_rows)->store);
}

int rsl_report_read(struct rsl_report **report, const char *const *stores, int n,
                    double confidence) {
    struct rsl_report *r = rsl_calloc(1, sizeof *r);
    *report = NULL;
    if (!r) return RSL_ENOMEM;
    int rc = read_all(r, stores, n, confidence);
    if (rc == RSL_OK)
        *report = r;
    else
        rsl_report_free(r);
    return rc;
}

int rsl_report_set_drop_constant(struct rsl_report *report, double constant) {
    RSL_TRY(rsl_results_set_drop_constant(report->results, constant));
    report->drop_constant = constant > 0 ? constant : RSL_DROP_CONSTANT;
    return RSL_OK;
}

void rsl_report_free(struct rsl_report *report) {
    if (!report) return;
    rsl_results_free(report->results);
    rsl_arena_free(&report->arena);
    rsl_free(report);
}
