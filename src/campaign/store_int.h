/* Inside of the store: the connection, its prepared statements, and how SQLite's answers become
 * sentences. Only the files store*.c include <sqlite3.h>. */
#ifndef RSL_CAMPAIGN_STORE_INT_H
#define RSL_CAMPAIGN_STORE_INT_H

#include "campaign/store.h"

#include <sqlite3.h>

enum {
    RSL_STORE_APPLICATION = 0x52534c53, /* "RSLS", PRAGMA application_id */
    RSL_STORE_VERSION = 3,              /* PRAGMA user_version */
    RSL_STORE_BEFORE = 2,               /* read and continued as it is */
    RSL_STORE_STATEMENTS = 32           /* distinct SQL texts; more would be a mistake */
};

struct rsl_store {
    sqlite3 *db;
    char *path;
    int version;  /* before 3, places have no effects and forms */
    bool writing; /* and then a transaction is open, which keeps other writers out */
    struct rsl_arena arena;
    struct rsl_store_identity identity;
    struct rsl_store_session session;
    struct {
        const char *sql; /* found again by its address */
        sqlite3_stmt *statement;
    } prepared[RSL_STORE_STATEMENTS];
};

/* ---- connection (store.c) ---- */

/* Starts a change: refuses stores opened for reading, takes the lock if it was lost. */
int rsl_store_begin(struct rsl_store *s);
/* Ends it: commits when rc is RSL_OK, else undoes it. Returns rc, or why it could not be committed.
 */
int rsl_store_end(struct rsl_store *s, int rc);

/* RSL_EMISMATCH when another thing than the shard differs; `other`: the path of the store that has
 * `identity`, NULL when it is what is asked for now. */
int rsl_store_same(const struct rsl_store *s, const struct rsl_store_identity *identity,
                   const char *other);
/* The path that messages name from now on. */
int rsl_store_call(struct rsl_store *s, const char *name);
/* rsl_store_add_trials of one, between rsl_store_begin and rsl_store_end; the point stays ended. */
int rsl_store_put_trial(struct rsl_store *s, int64_t point, const struct rsl_store_trial *t);

/* ---- sessions (store_session.c) ---- */

int rsl_store_read_session(struct rsl_store *s); /* the last one */
int rsl_store_write_session(struct rsl_store *s, const struct rsl_store_session *n);
int rsl_store_copy_sessions(struct rsl_store *to, struct rsl_store *from);

/* ---- statements (store_query.c) ---- */

/* Failure of SQLite as a status and a sentence with the path. */
int rsl_store_fail(const struct rsl_store *s, int sqlite_status);

/* The prepared statement of this SQL, a string literal, with its parameters bound in the order of
 * `types`: i int64_t, d double (NaN: NULL), t const char * (NULL: NULL), b const void * and size_t.
 * Texts and blobs must live until rsl_query_end. */
int rsl_query(struct rsl_store *s, sqlite3_stmt **query, const char *sql, const char *types, ...);
/* 1: a row is there; 0: no more, and the statement was reset; negative: failed, and reset. */
int rsl_query_step(struct rsl_store *s, sqlite3_stmt *query);
void rsl_query_end(sqlite3_stmt *query);
/* rsl_query for statements without result. */
int rsl_store_run(struct rsl_store *s, const char *sql, const char *types, ...);
/* SQL without parameters, not prepared. */
int rsl_store_exec(struct rsl_store *s, const char *sql);
/* Column as text in the arena; NULL stays NULL. NULL and RSL_ENOMEM through *status. */
const char *rsl_query_text(sqlite3_stmt *query, int column, struct rsl_arena *arena, int *status);

/* ---- schema (store_schema.c) ---- */

int rsl_store_create(struct rsl_store *s);
/* Refuses what is no store, of a newer version, altered or damaged. *empty: a database without
 * anything in it, which is none of these. */
int rsl_store_check(struct rsl_store *s, bool *empty);

/* ---- packed outcomes (store_outcome.c): image j is bits 3j..3j+2, bit i being i%8 of byte i/8
 * ----
 */

size_t rsl_outcomes_bytes(int64_t images);
void rsl_outcomes_pack(const uint8_t *outcomes, int64_t images, uint8_t *packed);
/* RSL_EFORMAT for a value that is no outcome. */
int rsl_outcomes_unpack(const uint8_t *packed, int64_t images, uint8_t *outcomes);

#endif
