/* Statements of the store: prepared once, found again by the address of their text; and SQLite's
 * failures as sentences that say what to do. */
#define _POSIX_C_SOURCE 200809L
#include "campaign/store_int.h"

#include "base/status.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The last opening tells who is writing, unless that process has ended: then somebody else is. */
static int fail_locked(const struct rsl_store *s) {
    static const char sql[] = "SELECT process, host, command FROM session ORDER BY id DESC LIMIT 1";
    sqlite3_stmt *q = NULL;
    char here[256] = "";
    int rc = 0;
    gethostname(here, sizeof here - 1);
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW) {
        long long process = sqlite3_column_int64(q, 0);
        const char *host = (const char *)sqlite3_column_text(q, 1);
        const char *command = (const char *)sqlite3_column_text(q, 2);
        bool local = host && strcmp(host, here) == 0;
        bool alive =
            process > 0 && process <= INT32_MAX && (kill((pid_t)process, 0) == 0 || errno == EPERM);
        if (host && command && process != getpid() && (!local || alive))
            rc = rsl_fail(RSL_EIO,
                          "%s: is locked by another process, probably %lld on %s (%.200s); wait "
                          "until it has ended, or stop it, then run the command again",
                          s->path, process, host, command);
    }
    sqlite3_finalize(q);
    if (rc < 0) return rc;
    return rsl_fail(RSL_EIO,
                    "%s: is locked by another process (`fuser %s` names it); wait until it has "
                    "ended, then run the command again",
                    s->path, s->path);
}

static int fail_io(const struct rsl_store *s, int code) {
    int error = sqlite3_system_errno(s->db);
    bool writing = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC ||
                   code == SQLITE_IOERR_TRUNCATE || code == SQLITE_IOERR_DIR_FSYNC;
    if (code == SQLITE_IOERR_NOMEM) return rsl_fail(RSL_ENOMEM, "%s: out of memory", s->path);
    return rsl_fail(RSL_EIO,
                    writing ? "%s: cannot be written: %s; what was saved before is intact, run the "
                              "same command again when this is settled"
                            : "%s: cannot be read: %s",
                    s->path, error ? strerror(error) : sqlite3_errstr(code));
}

static int fail_readonly(const struct rsl_store *s, int code) {
    if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY ||
        code == SQLITE_READONLY_CANTINIT)
        return rsl_fail(RSL_EIO,
                        "%s: a process was killed while writing it, and it cannot be repaired in a "
                        "place that is read-only; copy it together with %s-journal to another",
                        s->path, s->path);
    if (code == SQLITE_READONLY_DBMOVED)
        return rsl_fail(RSL_EIO, "%s: was moved or removed while it was being written", s->path);
    return rsl_fail(RSL_EIO, "%s: cannot be written: the file or its folder is read-only", s->path);
}

int rsl_store_fail(const struct rsl_store *s, int code) {
    switch (code & 0xff) {
        case SQLITE_NOMEM:
            return rsl_fail(RSL_ENOMEM, "%s: out of memory", s->path);
        case SQLITE_FULL:
            return rsl_fail(RSL_EIO,
                            "%s: cannot be written: the disk is full; what was saved before is "
                            "intact, free some space and run the same command again",
                            s->path);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fail_locked(s);
        case SQLITE_IOERR:
            return fail_io(s, code);
        case SQLITE_READONLY:
            return fail_readonly(s, code);
        case SQLITE_CANTOPEN: {
            int error = sqlite3_system_errno(s->db);
            return rsl_fail(RSL_EIO, "%s: cannot be opened: %s", s->path,
                            error ? strerror(error) : "the file or its folder cannot be used");
        }
        case SQLITE_NOTADB:
            return rsl_fail(RSL_EFORMAT, "%s: is not a store (no SQLite file)", s->path);
        case SQLITE_ERROR: /* our statements are right: the schema must be wrong */
        case SQLITE_CORRUPT:
        case SQLITE_TOOBIG:
            return rsl_fail(RSL_EFORMAT,
                            "%s: the file is damaged (%s); restore it from a copy, or see what "
                            "`sqlite3 %s .recover` can save",
                            s->path, sqlite3_errmsg(s->db), s->path);
        default:
            return rsl_fail(RSL_EINTERNAL, "%s: SQLite: %s (%s)", s->path, sqlite3_errmsg(s->db),
                            sqlite3_errstr(code));
    }
}

static int prepare(struct rsl_store *s, sqlite3_stmt **query, const char *sql) {
    int i = 0;
    while (i < RSL_STORE_STATEMENTS && s->prepared[i].sql && s->prepared[i].sql != sql) i++;
    if (i == RSL_STORE_STATEMENTS)
        return rsl_fail(RSL_EINTERNAL, "%s: more than %d statements", s->path, i);
    if (!s->prepared[i].sql) {
        int code = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &s->prepared[i].statement, NULL);
        if (code != SQLITE_OK) return rsl_store_fail(s, code);
        s->prepared[i].sql = sql;
    }
    *query = s->prepared[i].statement;
    return RSL_OK;
}

static int bind(sqlite3_stmt *q, const char *types, va_list args) {
    int code = SQLITE_OK;
    for (int i = 1; types[i - 1] && code == SQLITE_OK; i++) {
        if (types[i - 1] == 'i') {
            code = sqlite3_bind_int64(q, i, va_arg(args, int64_t));
        } else if (types[i - 1] == 'd') {
            double value = va_arg(args, double);
            code = isnan(value) ? sqlite3_bind_null(q, i) : sqlite3_bind_double(q, i, value);
        } else if (types[i - 1] == 't') {
            code = sqlite3_bind_text(q, i, va_arg(args, const char *), -1, SQLITE_STATIC);
        } else {
            const void *data = va_arg(args, const void *);
            code = sqlite3_bind_blob64(q, i, data, va_arg(args, size_t), SQLITE_STATIC);
        }
    }
    return code;
}

static int vquery(struct rsl_store *s, sqlite3_stmt **query, const char *sql, const char *types,
                  va_list args) {
    RSL_TRY(prepare(s, query, sql));
    int code = bind(*query, types, args);
    if (code == SQLITE_OK) return RSL_OK;
    rsl_query_end(*query);
    return rsl_store_fail(s, code);
}

int rsl_query(struct rsl_store *s, sqlite3_stmt **query, const char *sql, const char *types, ...) {
    va_list args;
    va_start(args, types);
    int rc = vquery(s, query, sql, types, args);
    va_end(args);
    return rc;
}

void rsl_query_end(sqlite3_stmt *query) {
    sqlite3_reset(query);
    sqlite3_clear_bindings(query);
}

int rsl_query_step(struct rsl_store *s, sqlite3_stmt *query) {
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) return 1;
    int rc = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(s, code);
    rsl_query_end(query);
    return rc;
}

int rsl_store_run(struct rsl_store *s, const char *sql, const char *types, ...) {
    sqlite3_stmt *query;
    va_list args;
    va_start(args, types);
    int rc = vquery(s, &query, sql, types, args);
    va_end(args);
    if (rc == RSL_OK) rc = rsl_query_step(s, query);
    if (rc == 1) rsl_query_end(query);
    return rc < 0 ? rc : RSL_OK;
}

int rsl_store_exec(struct rsl_store *s, const char *sql) {
    int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? RSL_OK : rsl_store_fail(s, code);
}

const char *rsl_query_text(sqlite3_stmt *query, int column, struct rsl_arena *arena, int *status) {
    if (sqlite3_column_type(query, column) == SQLITE_NULL) return NULL;
    const char *text = (const char *)sqlite3_column_text(query, column);
    char *copy = text ? rsl_arena_strdup(arena, text) : NULL;
    if (!copy) *status = rsl_fail(RSL_ENOMEM, "out of memory while a store was read");
    return copy;
}
