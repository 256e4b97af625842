/* How long the networks of a store take: a row for each campaign that was timed. */
#include "campaign/store_int.h"

#include "base/status.h"

#include <inttypes.h>

static int put(struct rsl_store *s, int64_t campaign, const struct rsl_store_timing *t) {
    static const char sql[] =
        "INSERT OR REPLACE INTO timing (campaign, baseline, batch, threads, seconds, ratio, kernel)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)";
    return rsl_store_run(s, sql, "itiiddt", campaign, t->baseline, t->batch, (int64_t)t->threads,
                         t->seconds, t->ratio, t->kernel);
}

int rsl_store_set_timing(struct rsl_store *s, int64_t campaign, const struct rsl_store_timing *t) {
    if (!t->baseline || !t->kernel || t->batch < 1 || t->threads < 1 || !(t->seconds > 0) ||
        !(t->ratio > 0))
        return rsl_fail(RSL_EARG, "%s: a timing of campaign %" PRId64 " needs positive numbers",
                        s->path, campaign);
    RSL_TRY(rsl_store_begin(s));
    return rsl_store_end(s, put(s, campaign, t));
}

int rsl_store_timing(struct rsl_store *s, int64_t campaign, struct rsl_arena *arena,
                     struct rsl_store_timing *t) {
    static const char sql[] =
        "SELECT baseline, batch, threads, seconds, ratio, kernel FROM timing WHERE campaign = ?";
    sqlite3_stmt *q;
    int got, rc = RSL_OK;
    RSL_TRY(rsl_query(s, &q, sql, "i", campaign));
    RSL_TRY(got = rsl_query_step(s, q));
    if (!got) return 0;
    *t = (struct rsl_store_timing){.baseline = rsl_query_text(q, 0, arena, &rc),
                                   .batch = sqlite3_column_int64(q, 1),
                                   .threads = sqlite3_column_int(q, 2),
                                   .seconds = sqlite3_column_double(q, 3),
                                   .ratio = sqlite3_column_double(q, 4),
                                   .kernel = rsl_query_text(q, 5, arena, &rc)};
    rsl_query_end(q);
    return rc < 0 ? rc : 1;
}
