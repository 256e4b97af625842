/* Every allocation fails once while a store is written, read, merged and
 * evaluated; of SQLite's own some thousands, which all go the same few ways,
 * every eleventh. */
#define _GNU_SOURCE /* mkdtemp */
#include "check.h"

#include "base/alloc.h"
#include "campaign/store.h"
#include "resile/store.h"
#include "synthetic_store.h"
#include "torture.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- SQLite's allocator, asked through the gate; the size stands before the
 * block ---- */

enum { HEAD = 16 };

static void *gated_malloc(int size) {
    static unsigned long calls;
    if (rsl_alloc_gate && ++calls % 11 == 0 && !rsl_alloc_gate((size_t)size)) return NULL;
    char *p = malloc((size_t)size + HEAD);
    if (!p) return NULL;
    memcpy(p, &size, sizeof size);
    return p + HEAD;
}

static void gated_free(void *p) {
    if (p) free((char *)p - HEAD);
}

static int gated_size(void *p) {
    int size = 0;
    if (p) memcpy(&size, (char *)p - HEAD, sizeof size);
    return size;
}

static void *gated_realloc(void *p, int size) {
    int used = gated_size(p);
    void *grown = gated_malloc(size);
    if (!grown) return NULL;
    memcpy(grown, p, (size_t)(used < size ? used : size));
    gated_free(p);
    return grown;
}

static int gated_roundup(int size) {
    return (size + 7) / 8 * 8;
}

static int gated_init(void *data) {
    (void)data;
    return SQLITE_OK;
}

static void gated_shutdown(void *data) {
    (void)data;
}

/* ---- operations ---- */

static char torn_db[] = "torn.db", whole_db[] = "whole.db", read_db[] = "read.db";
/* In memory where that can be had: these stores are synchronized thousands of
 * times. */
static char folder[2][40] = {"/dev/shm/resile_torture_XXXXXX", "/tmp/resile_torture_XXXXXX"};

static int setup(void **state) {
    static sqlite3_mem_methods methods = {gated_malloc,  gated_free, gated_realloc,  gated_size,
                                          gated_roundup, gated_init, gated_shutdown, NULL};
    (void)state;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) return -1;
    if (sqlite3_initialize() != SQLITE_OK) return -1;
    const char *made = mkdtemp(folder[0]);
    if (!made) made = mkdtemp(folder[1]);
    return made ? chdir(made) : -1;
}

static int teardown(void **state) {
    (void)state;
    return chdir("/") || system(
                             "rm -rf /dev/shm/resile_torture_?????? "
                             "/tmp/resile_torture_??????")
               ? -1
               : 0;
}

static int write_store(void *path) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    RSL_TRY(rsl_store_open(&store, path, &identity, &synthetic_session));
    int rc = synthetic_write(store, 2, 64);
    rsl_store_close(store);
    return rc;
}

/* What a failed attempt left is continued by the next one. */
static void test_write(void **state) {
    char torn[65], whole[65];
    (void)state;
    assert_true(torture(write_store, torn_db) > 100);
    check_ok(write_store(whole_db));
    check_ok(rsl_store_fingerprint("torn.db", torn));
    check_ok(rsl_store_fingerprint("whole.db", whole));
    assert_string_equal(torn, whole);
}

static int read_store(void *path) {
    char digest[65];
    return rsl_store_fingerprint(path, digest);
}

static int read_results(void *path) {
    struct rsl_results *results;
    struct rsl_injections *injections;
    struct rsl_injection j;
    RSL_TRY(rsl_results_read(&results, (const char *const[]){path}, 1, 0));
    rsl_results_free(results);
    RSL_TRY(rsl_injections_open(&injections, path, NULL));
    int got;
    while ((got = rsl_injections_next(injections, &j)) == 1) continue;
    rsl_injections_close(injections);
    return got;
}

static int merge(void *path) {
    struct rsl_merge_summary summary;
    unlink("merged.db");
    return rsl_merge_stores((const char *const[]){path}, 1, "merged.db", &summary);
}

static void test_read(void **state) {
    (void)state;
    check_ok(write_store(read_db));
    assert_true(torture(read_store, read_db) > 50);
    assert_true(torture(read_results, read_db) > 50);
    assert_true(torture(merge, read_db) > 100);
    assert_int_equal(system("ls *.db.* 2>/dev/null | grep ."), 256); /* no temporary is left */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_write), cmocka_unit_test(test_read)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
