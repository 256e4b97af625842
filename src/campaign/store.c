/* Opening, locking and closing of a store.
 *
 * A rollback journal, not a write-ahead log: between transactions a store is one file that can be
 * copied, read from read-only media and over network file systems. synchronous = EXTRA: what was
 * committed survives a power cut. Commits come about every ten seconds, so their cost does not
 * matter.
 *
 * A writer always has a transaction open (BEGIN IMMEDIATE), from which follows SQLite's reserved
 * lock: others can read, nobody else can write, and the kernel drops the lock when the process
 * dies.
 */
#define _POSIX_C_SOURCE 200809L
#include "campaign/store_int.h"

#include "base/alloc.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATIENCE_OPEN = 2000,   /* ms; who holds the lock holds it for hours */
    PATIENCE_COMMIT = 5000, /* until those who are reading have finished */
    LARGEST_VALUE = 1 << 26 /* bytes of a text or blob: outcomes of 10^8 images */
};

/* Begins the transaction that keeps others out. */
static int lock(struct rsl_store *s) {
    sqlite3_busy_timeout(s->db, PATIENCE_OPEN);
    int rc = rsl_store_exec(s, "BEGIN IMMEDIATE");
    sqlite3_busy_timeout(s->db, PATIENCE_COMMIT);
    return rc;
}

int rsl_store_begin(struct rsl_store *s) {
    if (!s->writing) return rsl_fail(RSL_EARG, "%s: was opened for reading only", s->path);
    return sqlite3_get_autocommit(s->db) ? lock(s) : RSL_OK;
}

int rsl_store_end(struct rsl_store *s, int rc) {
    if (rc == RSL_OK) rc = rsl_store_exec(s, "COMMIT");
    if (rc < 0 && !sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    /* When this one fails, rsl_store_begin tries again and tells why. */
    sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    return rc;
}

/* Whether a file can be made in the path's folder. */
static int check_folder(const char *path) {
    char *folder = rsl_strdup(path);
    if (!folder) return RSL_ENOMEM;
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    int error = access(slash ? folder : ".", W_OK | X_OK) < 0 ? errno : 0;
    rsl_free(folder);
    if (error == 0) return RSL_OK;
    return rsl_fail(RSL_EIO, "%s: cannot be created: %s", path, strerror(error));
}

/* What SQLite would be silent or vague about. */
static int check_path(const char *path, bool create) {
    struct stat st;
    if (stat(path, &st) < 0) {
        if (create && errno == ENOENT) return check_folder(path);
        return rsl_fail(RSL_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) return rsl_fail(RSL_EIO, "%s: is a folder, a file is needed", path);
    if (!S_ISREG(st.st_mode)) return rsl_fail(RSL_EIO, "%s: is not a regular file", path);
    if (!create && st.st_size == 0) return rsl_fail(RSL_EFORMAT, "%s: is empty, not a store", path);
    return RSL_OK;
}

/* The file may come from anybody: nothing in it may act, and sizes are bounded. */
static int connect(struct rsl_store *s, bool create) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    /* An absolute or dotted path, so that none means a database in memory. */
    const char *path = s->path[0] == '/' ? s->path : rsl_arena_printf(&s->arena, "./%s", s->path);
    if (!path) return RSL_ENOMEM;
    int code = sqlite3_open_v2(path, &s->db, flags | (create ? SQLITE_OPEN_CREATE : 0), NULL);
    if (!s->db) return rsl_fail(RSL_ENOMEM, "%s: out of memory", s->path);
    if (code != SQLITE_OK) return rsl_store_fail(s, code);
    sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, LARGEST_VALUE);
    sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_busy_timeout(s->db, PATIENCE_COMMIT);
    return rsl_store_exec(s, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON");
}

static int new_store(struct rsl_store **store, const char *path, bool create) {
    RSL_TRY(check_path(path, create));
    struct rsl_store *s = rsl_calloc(1, sizeof *s);
    if (!s) return RSL_ENOMEM;
    *store = s;
    s->path = rsl_strdup(path);
    return s->path ? connect(s, create) : RSL_ENOMEM;
}

/* ---- identity ---- */

static int read_identity(struct rsl_store *s) {
    static const char sql[] =
        "SELECT model_sha256, data, split, data_sha256, preprocess, compute,"
        " data_images, images, seed, shard, shards FROM store";
    sqlite3_stmt *q;
    RSL_TRY(rsl_query(s, &q, sql, ""));
    int got = rsl_query_step(s, q);
    if (got < 0) return got;
    if (got == 0) return rsl_fail(RSL_EFORMAT, "%s: the file is damaged (no identity)", s->path);
    struct rsl_store_identity *d = &s->identity;
    const char **texts[] = {&d->model_sha256, &d->data,       &d->split,
                            &d->data_sha256,  &d->preprocess, &d->compute};
    int rc = RSL_OK;
    for (int i = 0; i < 6; i++) *texts[i] = rsl_query_text(q, i, &s->arena, &rc);
    d->data_images = sqlite3_column_int64(q, 6);
    d->images = sqlite3_column_int64(q, 7);
    d->seed = (uint64_t)sqlite3_column_int64(q, 8);
    d->shard = sqlite3_column_int(q, 9);
    d->shards = sqlite3_column_int(q, 10);
    rsl_query_end(q);
    return rc;
}

static int write_identity(struct rsl_store *s, const struct rsl_store_identity *d) {
    return rsl_store_run(s,
                         "INSERT INTO store (id, model_sha256, data, split, data_images,"
                         " data_sha256, preprocess, images, seed, compute, shard, shards)"
                         " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         "tttittiitii", d->model_sha256, d->data, d->split, d->data_images,
                         d->data_sha256, d->preprocess, d->images, (int64_t)d->seed, d->compute,
                         (int64_t)d->shard, (int64_t)d->shards);
}

/* Of one store and what is asked for now; or, with `other`, of two stores. */
static int differs(const struct rsl_store *s, const char *other, const char *what, const char *a,
                   const char *b) {
    if (strcmp(a, b) == 0) return RSL_OK;
    if (other)
        return rsl_fail(RSL_EMISMATCH, "%s and %s differ in %s: '%s' and '%s'", s->path, other,
                        what, a, b);
    return rsl_fail(RSL_EMISMATCH,
                    "%s: was begun with %s '%s', now it is '%s'; give this campaign a store of its "
                    "own",
                    s->path, what, a, b);
}

static int differs_int(const struct rsl_store *s, const char *other, const char *what, int64_t a,
                       int64_t b) {
    char text[2][24];
    snprintf(text[0], sizeof text[0], "%" PRId64, a);
    snprintf(text[1], sizeof text[1], "%" PRId64, b);
    return differs(s, other, what, text[0], text[1]);
}

int rsl_store_same(const struct rsl_store *s, const struct rsl_store_identity *b,
                   const char *other) {
    const struct rsl_store_identity *a = &s->identity;
    RSL_TRY(differs(s, other, "the model's SHA-256", a->model_sha256, b->model_sha256));
    RSL_TRY(differs(s, other, "the data set", a->data, b->data));
    RSL_TRY(differs_int(s, other, "the seed", (int64_t)a->seed, (int64_t)b->seed));
    RSL_TRY(differs(s, other, "the split", a->split, b->split));
    RSL_TRY(differs_int(s, other, "the split's images", a->data_images, b->data_images));
    RSL_TRY(differs_int(s, other, "the number of images", a->images, b->images));
    RSL_TRY(differs(s, other, "the images' SHA-256", a->data_sha256, b->data_sha256));
    RSL_TRY(differs(s, other, "the preprocessing", a->preprocess, b->preprocess));
    return differs(s, other, "the arithmetic", a->compute, b->compute);
}

static int same_shard(const struct rsl_store *s, const struct rsl_store_identity *b) {
    char here[32], now[32];
    snprintf(here, sizeof here, "%d/%d", s->identity.shard, s->identity.shards);
    snprintf(now, sizeof now, "%d/%d", b->shard, b->shards);
    return differs(s, NULL, "the shard", here, now);
}

static int check_identity(const struct rsl_store_identity *d) {
    const char *texts[] = {d->model_sha256, d->data,       d->split,
                           d->data_sha256,  d->preprocess, d->compute};
    for (int i = 0; i < 6; i++)
        if (!texts[i]) return rsl_fail(RSL_EARG, "a store's identity lacks a text");
    if (d->seed > INT64_MAX)
        return rsl_fail(RSL_EARG, "seed %" PRIu64 " is larger than a store can hold (2^63 - 1)",
                        d->seed);
    if (d->images < 1 || d->images > d->data_images)
        return rsl_fail(RSL_EARG, "%" PRId64 " images of %" PRId64, d->images, d->data_images);
    if (d->shards < 1 || d->shard < 0 || d->shard >= d->shards)
        return rsl_fail(RSL_EARG, "there is no shard %d of %d: shards count from 0", d->shard,
                        d->shards);
    return RSL_OK;
}

/* ---- opening ---- */

/* Inside the transaction: a new store gets its tables, an old one is checked. */
static int begin_or_continue(struct rsl_store *s, const struct rsl_store_identity *identity,
                             const struct rsl_store_session *session) {
    bool empty;
    RSL_TRY(rsl_store_check(s, &empty));
    if (empty) {
        RSL_TRY(rsl_store_create(s));
        RSL_TRY(write_identity(s, identity));
    }
    RSL_TRY(read_identity(s));
    RSL_TRY(rsl_store_same(s, identity, NULL));
    RSL_TRY(same_shard(s, identity));
    if (session) RSL_TRY(rsl_store_write_session(s, session));
    return rsl_store_read_session(s);
}

static int open_to_write(struct rsl_store *s, const struct rsl_store_identity *identity,
                         const struct rsl_store_session *session) {
    if (sqlite3_db_readonly(s->db, "main") == 1) return rsl_store_fail(s, SQLITE_READONLY);
    sqlite3_busy_timeout(s->db, PATIENCE_OPEN);
    RSL_TRY(rsl_store_exec(s, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA"));
    s->writing = true;
    RSL_TRY(lock(s));
    return rsl_store_end(s, begin_or_continue(s, identity, session));
}

int rsl_store_open(struct rsl_store **store, const char *path,
                   const struct rsl_store_identity *identity,
                   const struct rsl_store_session *session) {
    struct rsl_store *s = NULL;
    struct rsl_store_identity whole = *identity;
    if (whole.shards == 0) whole.shards = 1;
    *store = NULL;
    RSL_TRY(check_identity(&whole));
    int rc = new_store(&s, path, true);
    if (rc == RSL_OK) rc = open_to_write(s, &whole, session);
    if (rc == RSL_OK)
        *store = s;
    else
        rsl_store_close(s);
    return rc;
}

static int open_to_read(struct rsl_store *s) {
    bool empty;
    RSL_TRY(rsl_store_exec(s, "PRAGMA query_only = ON; BEGIN"));
    RSL_TRY(rsl_store_check(s, &empty));
    if (empty) return rsl_fail(RSL_EFORMAT, "%s: is an empty database, not a store", s->path);
    RSL_TRY(read_identity(s));
    return rsl_store_read_session(s);
}

int rsl_store_read(struct rsl_store **store, const char *path) {
    struct rsl_store *s = NULL;
    *store = NULL;
    int rc = new_store(&s, path, false);
    if (rc == RSL_OK) rc = open_to_read(s);
    if (rc == RSL_OK)
        *store = s;
    else
        rsl_store_close(s);
    return rc;
}

void rsl_store_close(struct rsl_store *s) {
    if (!s) return;
    for (int i = 0; i < RSL_STORE_STATEMENTS; i++) sqlite3_finalize(s->prepared[i].statement);
    sqlite3_close(s->db); /* undoes the open transaction, which holds nothing */
    rsl_arena_free(&s->arena);
    rsl_free(s->path);
    rsl_free(s);
}

int rsl_store_call(struct rsl_store *s, const char *name) {
    char *path = rsl_strdup(name);
    if (!path) return RSL_ENOMEM;
    rsl_free(s->path);
    s->path = path;
    return RSL_OK;
}

const char *rsl_store_path(const struct rsl_store *s) {
    return s->path;
}

const struct rsl_store_identity *rsl_store_identity_of(const struct rsl_store *s) {
    return &s->identity;
}

const struct rsl_store_session *rsl_store_session_of(const struct rsl_store *s) {
    return &s->session;
}
