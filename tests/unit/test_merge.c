/* Shards merged into one store: the digest of an unsharded run; what cannot be merged is refused.
 */
#define _GNU_SOURCE /* mkdtemp */
#include "check.h"

#include "base/alloc.h"
#include "base/file.h"
#include "campaign/store.h"
#include "own_folder.h"
#include "resile/store.h"
#include "synthetic_store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRIALS = 40 };

static char folder[] = "/tmp/resile_merge_XXXXXX";
static const char *const shards[] = {"s0.db", "s1.db", "s2.db"};

static void write_store(const char *path, int shard, int of, int64_t trials) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(shard, of);
    unlink(path);
    check_ok(rsl_store_open(&store, path, &identity, &synthetic_session));
    check_ok(synthetic_write(store, trials, 64));
    rsl_store_close(store);
}

static void digest_of(const char *path, char hex[65]) {
    struct rsl_store *store;
    check_ok(rsl_store_read(&store, path));
    check_ok(rsl_store_digest(store, hex));
    rsl_store_close(store);
}

static int setup(void **state) {
    (void)state;
    if (!mkdtemp(folder) || chdir(folder)) return -1;
    for (int i = 0; i < 3; i++) write_store(shards[i], i, 3, TRIALS);
    write_store("whole.db", 0, 1, TRIALS);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    return own_folder_remove(folder);
}

static void test_same_digest(void **state) {
    (void)state;
    static const char *const other_order[] = {"s2.db", "s0.db", "s1.db"};
    struct rsl_merge_summary summary;
    char whole[65], merged[65];
    digest_of("whole.db", whole);
    check_ok(rsl_merge_stores(shards, 3, "merged.db", &summary));
    assert_int_equal(summary.points, 3);
    assert_int_equal(summary.finished, 3);
    assert_int_equal(summary.trials, 3 * TRIALS);
    assert_string_equal(summary.digest, whole);
    digest_of("merged.db", merged);
    assert_string_equal(merged, whole);
    check_ok(rsl_merge_stores(other_order, 3, "other.db", NULL));
    digest_of("other.db", merged);
    assert_string_equal(merged, whole);
    /* One store that is not sharded is its own merge. */
    check_ok(rsl_merge_stores((const char *const[]){"whole.db"}, 1, "copy.db", &summary));
    assert_string_equal(summary.digest, whole);
}

/* Shards that were run with other confidences, and one that says none, are finished alike. */
static void test_confidences(void **state) {
    (void)state;
    static const char *const some[] = {"c0.db", "c1.db", "c2.db"};
    static const double asked[] = {0, 0.99, 0.95};
    struct rsl_merge_summary summary;
    char whole[65];
    for (int i = 0; i < 3; i++) {
        struct rsl_store *store;
        struct rsl_store_identity identity = synthetic_identity(i, 3);
        check_ok(rsl_store_open(&store, some[i], &identity, NULL));
        check_ok(synthetic_write(store, TRIALS, 64));
        for (int64_t id = 1; id <= SYNTHETIC_POINTS; id++)
            check_ok(rsl_store_finish(store, id, &(struct rsl_store_end){"trials", 0, asked[i]}));
        rsl_store_close(store);
    }
    check_ok(rsl_merge_stores(some, 3, "confidences.db", &summary));
    assert_int_equal(summary.finished, 3);
    digest_of("whole.db", whole);
    assert_string_equal(summary.digest, whole);
}

/* A shard that was interrupted: nothing is lost, and the merged store can be continued. */
static void test_unfinished(void **state) {
    (void)state;
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(1, 3);
    struct rsl_merge_summary summary;
    char whole[65], merged[65];
    int64_t campaign, id;
    check_ok(rsl_store_open(&store, "half.db", &identity, NULL));
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    const struct rsl_store_point point = synthetic_point(0, campaign);
    check_ok(rsl_store_add_point(store, &point, &id));
    check_ok(synthetic_fill(store, 0, id, 0, TRIALS / 2, 5));
    rsl_store_close(store);
    const char *const some[] = {"s0.db", "half.db", "s2.db"};
    check_ok(rsl_merge_stores(some, 3, "partly.db", &summary));
    assert_int_equal(summary.points, 3);
    assert_int_equal(summary.finished, 0);
    identity = synthetic_identity(0, 1);
    check_ok(rsl_store_open(&store, "partly.db", &identity, NULL));
    check_ok(synthetic_write(store, TRIALS, 64));
    check_ok(rsl_store_digest(store, merged));
    rsl_store_close(store);
    digest_of("whole.db", whole);
    assert_string_equal(merged, whole);
}

/* Every shard is finished, but of different numbers of trials: gaps stay open. */
static void test_gaps(void **state) {
    (void)state;
    struct rsl_merge_summary summary;
    write_store("long.db", 1, 3, 2 * TRIALS);
    const char *const some[] = {"s0.db", "long.db", "s2.db"};
    check_ok(rsl_merge_stores(some, 3, "gaps.db", &summary));
    assert_int_equal(summary.points, 3);
    assert_int_equal(summary.finished, 0);
}

static void refused(const char *a, const char *b, const char *c, int status, const char *words) {
    const char *const some[] = {a, b, c};
    check_fails(rsl_merge_stores(some, c ? 3 : b ? 2 : 1, "refused.db", NULL), status, words);
    assert_int_equal(access("refused.db", F_OK), -1);
}

static void change(const char *path, const char *text) {
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s", message);
    sqlite3_close(db);
}

static void test_refused(void **state) {
    (void)state;
    refused("s0.db", "s2.db", NULL, RSL_ENOTFOUND, "shard 1/3 is missing");
    refused("s1.db", NULL, NULL, RSL_ENOTFOUND, "shard 0/3 is missing");
    refused("s0.db", "s1.db", "s1.db", RSL_EMISMATCH, "s1.db and s1.db are both shard 1/3");
    refused("s0.db", "s1.db", "whole.db", RSL_EMISMATCH, "s0.db is one of 3 shards, whole.db is");
    refused("whole.db", "whole.db", NULL, RSL_EMISMATCH, "are both shard 0/1: they overlap");
    refused("s0.db", "s1.db", "missing.db", RSL_EIO, "missing.db: cannot be opened");
    write_store("seed.db", 2, 3, 5);
    change("seed.db", "UPDATE store SET seed = 8");
    refused("s0.db", "s1.db", "seed.db", RSL_EMISMATCH,
            "s0.db and seed.db differ in the seed: '7' and '8'");
    write_store("golden.db", 2, 3, 5);
    change("golden.db",
           "UPDATE campaign SET golden = CAST(x'ff' || substr(golden, 2) AS BLOB),"
           " golden_correct = golden_correct + 1");
    refused("s0.db", "s1.db", "golden.db", RSL_EMISMATCH,
            "golden.db cannot be merged: refused.db: "
            "without faults, image 3 was");
    write_store("list.db", 2, 3, 5);
    change("list.db", "UPDATE point SET population = 1");
    refused("s0.db", "s1.db", "list.db", RSL_EMISMATCH, "list.db cannot be merged");
    write_store("stray.db", 2, 3, 5);
    change("stray.db", "UPDATE trial SET k = 4 WHERE k = 2 AND point = 1");
    refused("s0.db", "s1.db", "stray.db", RSL_EFORMAT, "has trial 4, which is of another shard");
    check_ok(rsl_file_write("there.db", "x", 1));
    check_fails(rsl_merge_stores(shards, 3, "there.db", NULL), RSL_EIO, "is there already");
    check_fails(rsl_merge_stores(shards, 3, "no/such/r.db", NULL), RSL_EIO, "No such file");
    check_fails(rsl_merge_stores(shards, 0, "r.db", NULL), RSL_EARG, "no stores");
    assert_int_equal(system("ls *.db.* 2>/dev/null | grep ."), 256); /* no temporary is left */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_digest), cmocka_unit_test(test_confidences),
        cmocka_unit_test(test_unfinished),  cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
