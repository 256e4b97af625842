/* Sessions: who wrote a store, when and with which command. Information only. */
#define _POSIX_C_SOURCE 200809L
#include "campaign/store_int.h"

#include "base/status.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

int rsl_store_read_session(struct rsl_store *s) {
    static const char sql[] =
        "SELECT model, command, version, cpu, threads FROM session ORDER BY id DESC LIMIT 1";
    sqlite3_stmt *q;
    RSL_TRY(rsl_query(s, &q, sql, ""));
    int got = rsl_query_step(s, q);
    s->session = (struct rsl_store_session){"", "", "", "", 0};
    if (got <= 0) return got;
    const char **texts[] = {&s->session.model, &s->session.command, &s->session.version,
                            &s->session.cpu};
    int rc = RSL_OK;
    for (int i = 0; i < 4; i++) *texts[i] = rsl_query_text(q, i, &s->arena, &rc);
    s->session.threads = sqlite3_column_int(q, 4);
    rsl_query_end(q);
    return rc;
}

static const char insert[] =
    "INSERT INTO session (started, model, command, version, cpu, threads, host, process)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

static const char *known(const char *text) {
    return text ? text : "";
}

int rsl_store_write_session(struct rsl_store *s, const struct rsl_store_session *n) {
    char host[256] = "", started[32];
    time_t now = time(NULL);
    struct tm utc;
    gethostname(host, sizeof host - 1);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    return rsl_store_run(s, insert, "tttttiti", started, known(n->model), known(n->command),
                         known(n->version), known(n->cpu), (int64_t)n->threads, host,
                         (int64_t)getpid());
}

static int copy_sessions(struct rsl_store *to, struct rsl_store *from) {
    static const char sql[] =
        "SELECT started, model, command, version, cpu, threads, host, process FROM session"
        " ORDER BY id";
    sqlite3_stmt *q;
    int rc;
    RSL_TRY(rsl_query(from, &q, sql, ""));
    while ((rc = rsl_query_step(from, q)) == 1) {
        const char *text[8];
        for (int i = 0; i < 8; i++) text[i] = (const char *)sqlite3_column_text(q, i);
        rc = rsl_store_run(to, insert, "tttttiti", text[0], text[1], text[2], text[3], text[4],
                           (int64_t)sqlite3_column_int64(q, 5), text[6],
                           (int64_t)sqlite3_column_int64(q, 7));
        if (rc < 0) break;
    }
    rsl_query_end(q);
    return rc;
}

int rsl_store_copy_sessions(struct rsl_store *to, struct rsl_store *from) {
    RSL_TRY(rsl_store_begin(to));
    return rsl_store_end(to, copy_sessions(to, from));
}
