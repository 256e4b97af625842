/* Stores: what goes in comes out; identities; every way in which a file can be in the way. */
#define _GNU_SOURCE /* F_OFD, mkdtemp, setrlimit */
#include "check.h"

#include "base/alloc.h"
#include "base/file.h"
#include "campaign/store.h"
#include "own_folder.h"
#include "resile/store.h"
#include "synthetic_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/resile_store_XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return own_folder_remove(folder);
}

/* Runs SQL on a file, as somebody with a shell would. */
static void sql(const char *path, const char *text) {
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s", message);
    sqlite3_close(db);
}

static struct rsl_store *open_new(const char *path) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    unlink(path);
    check_ok(rsl_store_open(&store, path, &identity, &synthetic_session));
    return store;
}

static void write_whole(const char *path, int64_t trials) {
    struct rsl_store *store = open_new(path);
    check_ok(synthetic_write(store, trials, 64));
    rsl_store_close(store);
}

static void digest_of(const char *path, char hex[65]) {
    struct rsl_store *store;
    check_ok(rsl_store_read(&store, path));
    check_ok(rsl_store_digest(store, hex));
    rsl_store_close(store);
}

static int reopen(const char *path) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    int rc = rsl_store_open(&store, path, &identity, &synthetic_session);
    rsl_store_close(store);
    return rc;
}

static int reread(const char *path) {
    struct rsl_store *store;
    int rc = rsl_store_read(&store, path);
    rsl_store_close(store);
    return rc;
}

/* ---- in and out ---- */

static void check_trial(const struct rsl_store_trial *got, const struct synthetic_trial *want) {
    struct rsl_store_trial a = *got, b = want->trial;
    a.place = b.place = NULL;
    a.outcomes = b.outcomes = NULL;
    assert_memory_equal(&a, &b, sizeof a);
}

static void test_trials_come_back(void **state) {
    (void)state;
    struct rsl_store *store;
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_store_point *points;
    struct rsl_store_campaign *campaigns;
    size_t n;
    write_whole("a.db", 100);
    check_ok(rsl_store_read(&store, "a.db"));
    assert_string_equal(rsl_store_path(store), "a.db");
    assert_string_equal(rsl_store_identity_of(store)->data, "cifar10");
    assert_string_equal(rsl_store_session_of(store)->command, synthetic_session.command);
    check_ok(rsl_store_campaigns(store, &arena, &campaigns, &n));
    assert_int_equal(n, 1);
    assert_int_equal(campaigns[0].golden_correct, 160);
    assert_int_equal(campaigns[0].golden[3], 0);
    assert_string_equal(campaigns[0].protection, "msb");
    check_ok(rsl_store_points(store, campaigns[0].id, &arena, &points, &n));
    assert_int_equal(n, 3);
    for (int p = 0; p < 3; p++) {
        struct rsl_store_cursor *cursor;
        struct rsl_store_trial trial;
        struct synthetic_trial want;
        int64_t k = 0;
        int got;
        assert_string_equal(points[p].reason, "trials");
        check_ok(rsl_store_scan(store, points[p].id, RSL_WITH_PLACES | RSL_WITH_OUTCOMES, &cursor));
        while ((got = rsl_store_step(cursor, &trial)) == 1) {
            synthetic_trial(&want, p, k++);
            check_trial(&trial, &want);
            assert_int_equal(trial.place != NULL, p == 2);
            if (p != 2) continue;
            assert_string_equal(trial.place->layer, want.place.layer);
            assert_int_equal(trial.place->number, want.place.number);
            assert_int_equal(trial.place->element, want.place.element);
            assert_int_equal(trial.place->bit, want.place.bit);
            assert_int_equal(trial.place->injection, want.place.injection);
            assert_true(rsl_shape_equal(trial.place->shape, &want.shape));
            assert_memory_equal(trial.outcomes, want.outcomes, SYNTHETIC_IMAGES);
        }
        check_ok(got);
        assert_int_equal(k, 100);
        rsl_store_scan_end(cursor);
    }
    assert_true(points[0].rate == 1e-4 && isnan(points[2].rate));
    rsl_arena_free(&arena);
    rsl_store_close(store);
}

static void test_done(void **state) {
    (void)state;
    struct rsl_store *store = open_new("done.db");
    struct rsl_store_done done = {0};
    int64_t campaign, id;
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    const struct rsl_store_point point = synthetic_point(0, campaign);
    check_ok(rsl_store_add_point(store, &point, &id));
    check_ok(rsl_store_find_done(store, id, &done));
    assert_int_equal(rsl_store_next(&done, 0), 0);
    assert_int_equal(rsl_store_next(&done, 17), 17);
    check_ok(synthetic_fill(store, 0, id, 10, 20, 3));
    check_ok(synthetic_fill(store, 0, id, 30, 31, 3));
    check_ok(rsl_store_find_done(store, id, &done));
    assert_int_equal(done.n, 2);
    assert_int_equal(rsl_store_count(&done), 11);
    assert_int_equal(rsl_store_next(&done, 0), 0);
    assert_int_equal(rsl_store_next(&done, 10), 20);
    assert_int_equal(rsl_store_next(&done, 19), 20);
    assert_int_equal(rsl_store_next(&done, 30), 31);
    assert_int_equal(rsl_store_next(&done, 9), 9);
    rsl_free(done.at);
    rsl_store_close(store);
}

static void test_done_of_a_shard(void **state) {
    (void)state;
    struct rsl_store_range ranges[] = {{0, 3}, {5, 6}}; /* k = 1 5 9, 21 of shard 1/4 */
    struct rsl_store_done done = {.at = ranges, .n = 2, .shard = 1, .shards = 4};
    assert_int_equal(rsl_store_next(&done, 0), 13);
    assert_int_equal(rsl_store_next(&done, 10), 13);
    assert_int_equal(rsl_store_next(&done, 14), 17);
    assert_int_equal(rsl_store_next(&done, 18), 25);
    assert_int_equal(rsl_store_count(&done), 4);
}

static void test_packing(void **state) {
    (void)state;
    struct rsl_store *store = open_new("pack.db");
    int64_t campaign, id;
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    const struct rsl_store_point point = synthetic_point(2, campaign);
    check_ok(rsl_store_add_point(store, &point, &id));
    for (int images = 1; images <= 40; images++) {
        uint8_t outcomes[40];
        struct rsl_store_trial t = {.k = images, .images = images, .outcomes = outcomes};
        struct rsl_store_cursor *cursor;
        struct rsl_store_trial back;
        for (int i = 0; i < images; i++) {
            uint8_t o = outcomes[i] = (uint8_t)((i * 5 + images) % RSL_OUTCOMES);
            t.masked += o == RSL_MASKED;
            t.tolerable += o == RSL_TOLERABLE;
            t.sdc += o == RSL_SDC || o == RSL_SDC_RIGHT || o >= RSL_DUE_SDC;
            t.due += o >= RSL_DUE;
            t.due_sdc += o >= RSL_DUE_SDC;
        }
        check_ok(rsl_store_add_trials(store, id, &t, 1));
        check_ok(rsl_store_scan(store, id, RSL_WITH_OUTCOMES, &cursor));
        for (int i = 0; i < images; i++) assert_int_equal(rsl_store_step(cursor, &back), 1);
        assert_memory_equal(back.outcomes, outcomes, (size_t)images);
        rsl_store_scan_end(cursor);
    }
    rsl_store_close(store);
}

/* ---- the digest ---- */

static void test_digest_is_of_content_only(void **state) {
    (void)state;
    char whole[65], pieces[65];
    uint8_t golden[SYNTHETIC_IMAGES];
    int64_t campaign, id[3];
    write_whole("whole.db", 90);
    digest_of("whole.db", whole);
    /* Backwards, in other batches, and opened again now and then. */
    unlink("pieces.db");
    for (int part = 8; part >= 0; part--) {
        struct rsl_store *store;
        struct rsl_store_identity identity = synthetic_identity(0, 1);
        check_ok(rsl_store_open(&store, "pieces.db", &identity, NULL));
        check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
        for (int p = 2; p >= 0; p--) {
            const struct rsl_store_point point = synthetic_point(p, campaign);
            check_ok(rsl_store_add_point(store, &point, &id[p]));
            check_ok(synthetic_fill(store, p, id[p], 10 * part, 10 * part + 10, 7));
        }
        rsl_store_close(store);
    }
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    check_ok(rsl_store_open(&store, "pieces.db", &identity, &synthetic_session));
    check_ok(rsl_store_digest(store, pieces));
    assert_string_not_equal(pieces, whole); /* golden and ends are missing yet */
    synthetic_golden(golden);
    check_ok(rsl_store_golden(store, campaign, golden));
    for (int p = 0; p < 3; p++)
        check_ok(rsl_store_finish(store, id[p], &(struct rsl_store_end){.reason = "trials"}));
    check_ok(rsl_store_digest(store, pieces));
    assert_string_equal(pieces, whole);
    /* One more trial is another content, and opens the point again. */
    check_ok(synthetic_fill(store, 1, id[1], 90, 91, 1));
    check_ok(rsl_store_finish(store, id[1], &(struct rsl_store_end){.reason = "trials"}));
    check_ok(rsl_store_digest(store, pieces));
    assert_string_not_equal(pieces, whole);
    rsl_store_close(store);
}

/* Every value counts: whatever is changed in a store changes its digest. */
static void test_digest_sees_every_value(void **state) {
    (void)state;
    static const char *const changes[] = {
        "UPDATE store SET seed = 8",
        "UPDATE store SET compute = 'bf16'",
        "UPDATE store SET images = 201",
        "UPDATE campaign SET storage = 'affine5/tmr'",
        "UPDATE campaign SET bits_per_weight = 7.0000000000000009",
        "UPDATE point SET rate = 0.00010000000000000002 WHERE rate = 1e-4",
        "UPDATE point SET reason = NULL WHERE id = 2",
        "UPDATE point SET margin = 0.01 WHERE id = 2",
        "UPDATE trial SET corrected = corrected + 1 WHERE point = 1 AND k = 5",
        "UPDATE trial SET k = 1000 WHERE point = 1 AND k = 5",
        "UPDATE trial SET stratum = 1 WHERE point = 1 AND k = 5",
        "UPDATE place SET bit = (bit + 1) % 7 WHERE k = 5",
        "UPDATE place SET injection = 51 WHERE k = 5",
        "UPDATE layer SET name = 'conv2' WHERE name = 'conv1'",
        "UPDATE outcome SET packed = NULL WHERE 0; DELETE FROM outcome WHERE k = 5",
    };
    char before[65], after[65];
    struct rsl_store *store;
    write_whole("value.db", 10);
    digest_of("value.db", before);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(system("cp value.db changed.db"), 0);
        sql("changed.db", changes[i]);
        check_ok(rsl_store_read(&store, "changed.db"));
        int rc = rsl_store_digest(store, after);
        if (rc == RSL_OK && strcmp(before, after) == 0) fail_msg("not seen: %s", changes[i]);
        rsl_store_close(store);
    }
    /* What does not count. */
    sql("value.db", "UPDATE session SET command = 'other', started = 'then'; VACUUM");
    digest_of("value.db", after);
    assert_string_equal(before, after);
}

/* ---- identity ---- */

static void test_other_identities_are_refused(void **state) {
    (void)state;
    struct rsl_store *store;
    write_whole("id.db", 5);
    struct rsl_store_identity i = synthetic_identity(0, 1);
    i.model_sha256 = "00";
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "id.db: was begun with the model's SHA-256 '9f86d081");
    assert_null(store);
    i = synthetic_identity(0, 1);
    i.seed = 8;
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "the seed '7', now it is '8'");
    i = synthetic_identity(0, 1);
    i.data = "mnist";
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "'cifar10', now it is 'm");
    i = synthetic_identity(0, 1);
    i.split = "train";
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH, "the split 'test'");
    i = synthetic_identity(0, 1);
    i.images = 100;
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "the number of images '200'");
    i = synthetic_identity(0, 1);
    i.preprocess = "";
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "the preprocessing 'mean");
    i = synthetic_identity(0, 1);
    i.compute = "int8";
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "'f32', now it is 'int8'");
    i = synthetic_identity(1, 2);
    check_fails(rsl_store_open(&store, "id.db", &i, NULL), RSL_EMISMATCH,
                "the shard '0/1', now it is '1/2'");
    i = synthetic_identity(2, 2);
    check_fails(rsl_store_open(&store, "new.db", &i, NULL), RSL_EARG, "no shard 2 of 2");
    i = synthetic_identity(0, 0); /* zeros: all */
    check_ok(rsl_store_open(&store, "id.db", &i, NULL));
    rsl_store_close(store);
}

static void test_campaigns_of_one_store(void **state) {
    (void)state;
    struct rsl_store *store = open_new("campaigns.db");
    struct rsl_store_campaign c = synthetic_campaign;
    uint8_t golden[SYNTHETIC_IMAGES];
    int64_t a, b, again;
    check_ok(rsl_store_add_campaign(store, &c, &a));
    check_ok(rsl_store_add_campaign(store, &c, &again));
    assert_int_equal(a, again);
    c.storage = "f32";
    check_ok(rsl_store_add_campaign(store, &c, &b));
    assert_int_not_equal(a, b);
    c.weights++;
    check_fails(rsl_store_add_campaign(store, &c, &b), RSL_EMISMATCH, "storage 'f32'");
    synthetic_golden(golden);
    check_ok(rsl_store_golden(store, a, golden));
    check_ok(rsl_store_golden(store, a, golden));
    golden[77] ^= 1;
    check_fails(rsl_store_golden(store, a, golden), RSL_EMISMATCH,
                "image 77 was classified rightly");
    check_fails(rsl_store_golden(store, 99, golden), RSL_EARG, "no campaign 99");
    struct rsl_store_point p = synthetic_point(0, a);
    check_ok(rsl_store_add_point(store, &p, &a));
    static const struct rsl_store_stratum strata[] = {{"conv1:0", 0.25}, {"conv1:1", 0.75}};
    p.strata = strata;
    p.n_strata = 2;
    check_fails(rsl_store_add_point(store, &p, &a), RSL_EMISMATCH, "had other strata");
    p.fault = "single";
    check_ok(rsl_store_add_point(store, &p, &again));
    check_ok(rsl_store_add_point(store, &p, &again));
    struct synthetic_trial s;
    synthetic_trial(&s, 0, 0);
    s.trial.stratum = 2;
    check_fails(rsl_store_add_trials(store, again, &s.trial, 1), RSL_EARG, "of a stratum that");
    s.trial.stratum = 1;
    check_ok(rsl_store_add_trials(store, again, &s.trial, 1));
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_store_point *points;
    size_t n;
    check_ok(rsl_store_points(store, 0, &arena, &points, &n));
    assert_int_equal(n, 2);
    assert_int_equal(points[0].n_strata, 0);
    assert_int_equal(points[1].n_strata, 2);
    assert_string_equal(points[1].strata[1].name, "conv1:1");
    assert_true(points[1].strata[1].weight == 0.75);
    rsl_arena_free(&arena);
    p.strata = NULL;
    p.n_strata = 0;
    p.fault = "ber";
    p.population++;
    check_fails(rsl_store_add_point(store, &p, &a), RSL_EMISMATCH, "population of 7000");
    p.rate = 1.5;
    check_fails(rsl_store_add_point(store, &p, &a), RSL_EARG, "1.5 is not in [0,1]");
    check_fails(rsl_store_finish(store, 99, &(struct rsl_store_end){.reason = "trials"}), RSL_EARG,
                "no point 99");
    rsl_store_close(store);
}

static void test_wrong_trials_are_refused(void **state) {
    (void)state;
    struct rsl_store *store = open_new("trials.db");
    struct synthetic_trial s;
    struct rsl_store_trial some[3], t;
    struct rsl_store_done done = {0};
    int64_t campaign, id;
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    struct rsl_store_point point = synthetic_point(2, campaign);
    point.limit = 50;
    check_ok(rsl_store_add_point(store, &point, &id));
    synthetic_trial(&s, 2, 4);
    const struct rsl_store_trial good = *synthetic_settle(&s, 2);
#define refused(field, value, words)                                          \
    do {                                                                      \
        t = good;                                                             \
        t.field = (value);                                                    \
        check_fails(rsl_store_add_trials(store, id, &t, 1), RSL_EARG, words); \
    } while (0)
    refused(k, -1, "trial -1: numbers start at 0");
    refused(k, 50, "fewer trials");
    refused(masked, good.masked + 1, "do not add up");
    refused(sdc, -1, "do not add up");
    refused(images, 0, "images that do not take part");
    refused(first, 1, "images that do not take part");
    refused(first, INT64_MAX, "images that do not take part");
    refused(correct, good.golden_correct + good.sdc + 1, "do not add up");
    refused(faults, -1, "do not add up");
    refused(stratum, -1, "strata");
    s.place.element = 432;
    refused(stratum, 0, "does not exist");
    s.place.element = 0;
    s.outcomes[0] = RSL_OUTCOMES;
    refused(stratum, 0, "outcomes and counts differ");
    check_fails(rsl_store_add_trials(store, 99, &good, 1), RSL_EARG, "no point 99");
    /* One wrong trial, or one twice: none of the batch is added. */
    synthetic_trial(&s, 2, 4);
    for (int i = 0; i < 3; i++) some[i] = *synthetic_settle(&s, 2), some[i].k = 10 + i % 2;
    check_fails(rsl_store_add_trials(store, id, some, 3), RSL_EARG, "trial 10: is in the store");
    check_ok(rsl_store_find_done(store, id, &done));
    assert_int_equal(done.n, 0);
    some[2].k = 12;
    check_ok(rsl_store_add_trials(store, id, some, 3));
    check_ok(rsl_store_find_done(store, id, &done));
    assert_int_equal(rsl_store_count(&done), 3);
    rsl_free(done.at);
    rsl_store_close(store);
}

/* How wide intervals are wanted is kept, may change, and changes nothing else. */
static void test_confidence(void **state) {
    (void)state;
    static const double asked[] = {0, 0.99, 0, 0.9}, kept[] = {0, 0.99, 0.99, 0.9};
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_store_point p, *points;
    struct synthetic_trial s;
    char first[65], hex[65];
    int64_t id;
    size_t n;
    for (int i = 0; i < 4; i++) {
        struct rsl_store *store;
        struct rsl_store_identity identity = synthetic_identity(0, 1);
        check_ok(rsl_store_open(&store, "confidence.db", &identity, NULL));
        p = synthetic_point(0, 0);
        check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &p.campaign));
        p.confidence = asked[i];
        check_ok(rsl_store_add_point(store, &p, &id));
        if (i == 0) {
            synthetic_trial(&s, 0, 0);
            check_ok(rsl_store_add_trials(store, id, synthetic_settle(&s, 0), 1));
        }
        check_ok(rsl_store_finish(store, id, &(struct rsl_store_end){.reason = "trials"}));
        check_ok(rsl_store_points(store, 0, &arena, &points, &n));
        assert_true(points[0].confidence == kept[i]);
        check_ok(rsl_store_digest(store, i ? hex : first));
        if (i) assert_string_equal(hex, first);
        rsl_store_close(store);
    }
    rsl_arena_free(&arena);
}

/* ---- views ---- */

static void check_query(const char *path, const char *query, const char *want) {
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, query, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(q, 0), want);
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static void test_views(void **state) {
    (void)state;
    struct synthetic_trial s;
    char want[200];
    write_whole("views.db", 60);
    synthetic_trial(&s, 2, 17);
    snprintf(want, sizeof want, "170,%s,(%d, %d, %d, %d),%d,flip,-,200,%d,%d,%d", s.place.layer,
             (int)s.place.element / 27, (int)s.place.element / 9 % 3, (int)s.place.element / 3 % 3,
             (int)s.place.element % 3, s.place.bit, (int)s.trial.masked,
             (int)(200 - s.trial.masked - s.trial.sdc), (int)s.trial.sdc);
    check_query("views.db",
                "SELECT Injection || ',' || Layer || ',' || TensorIndex || ',' || Bit || ',' ||"
                " Effect || ',' || ifnull(\"As\", '-') || ',' || n_injections || ',' || masked || "
                "',' || non_critical || ',' || critical"
                " FROM injection WHERE k = 17",
                want);
    int64_t sdc = 0, drop = 0;
    for (int k = 0; k < 60; k++) {
        synthetic_trial(&s, 1, k);
        sdc += s.trial.sdc;
        drop += s.trial.golden_correct - s.trial.correct;
        if (k != 30) continue;
        snprintf(want, sizeof want, "31 6200 %.6f", (double)sdc / 6200);
        check_query("views.db",
                    "SELECT printf('%d %d %.6f', trials, runs, sdc) FROM convergence"
                    " WHERE point = 2 AND k = 30",
                    want);
    }
    snprintf(want, sizeof want, "60 12000 80.0 %.6f %.6f msb", 100.0 * (double)drop / 12000,
             (double)sdc / 12000);
    check_query("views.db",
                "SELECT printf('%d %d %.1f %.6f %.6f %s', trials, runs, golden, \"drop\", sdc,"
                " protection) FROM result WHERE rate = 1e-3",
                want);
    check_query("views.db",
                "SELECT sum(trials) || ' ' || (sum(sdc) = (SELECT sum(sdc) FROM trial WHERE point "
                "= 3)) FROM sdc_by_layer_and_bit",
                "60 1");
}

/* One image of ten is harmed in the first stratum and one of two in the second, which is drawn as
 * often though it is a tenth of all: pooled, that would be 0.3. */
static void test_view_of_strata(void **state) {
    (void)state;
    static const struct rsl_store_stratum strata[] = {{"rest", 0.9}, {"hot", 0.1}};
    struct rsl_store *store = open_new("strata.db");
    struct rsl_store_point p = synthetic_point(2, 0);
    int64_t id;
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &p.campaign));
    p.strata = strata;
    p.n_strata = 2;
    check_ok(rsl_store_add_point(store, &p, &id));
    for (int k = 0; k < 20; k++) {
        const int sdc = k % 2 ? 5 : 1;
        const struct rsl_store_trial t = {.k = k,
                                          .images = 10,
                                          .sdc = sdc,
                                          .masked = 10 - sdc,
                                          .correct = 10 - sdc,
                                          .golden_correct = 10,
                                          .stratum = k % 2};
        check_ok(rsl_store_add_trials(store, id, &t, 1));
    }
    rsl_store_close(store);
    check_query("strata.db",
                "SELECT printf('%d %d', trials, runs) || ' ' || (sdc IS NULL) || (due IS NULL) ||"
                " (\"drop\" IS NULL) || (accuracy IS NULL) FROM result",
                "20 200 1111");
}

/* ---- files that are in the way ---- */

static void test_files_that_are_no_stores(void **state) {
    (void)state;
    mkdir("folder", 0777);
    check_fails(reopen("folder"), RSL_EIO, "folder: is a folder");
    check_fails(reread("missing.db"), RSL_EIO, "missing.db: cannot be opened: No such file");
    check_fails(reopen("no/such/place.db"), RSL_EIO, "No such file or directory");
    check_fails(reopen("/dev/zero"), RSL_EIO, "is not a regular file");
    check_ok(rsl_file_write("text.db", "accuracy,drop\n", 14));
    check_fails(reopen("text.db"), RSL_EFORMAT, "is not a store (no SQLite file)");
    check_ok(rsl_file_write("empty.db", "", 0));
    check_fails(reread("empty.db"), RSL_EFORMAT, "is empty, not a store");
    check_ok(reopen("empty.db"));
    check_ok(reread("empty.db"));
    sql("other.db", "CREATE TABLE trial (a)");
    check_fails(reopen("other.db"), RSL_EFORMAT, "an SQLite database, but not a store of resile");
    check_fails(reread("other.db"), RSL_EFORMAT, "an SQLite database, but not a store of resile");
    check_ok(reopen(":memory:")); /* a file of that name */
    check_ok(reread(":memory:"));
}

static void test_other_versions_and_altered_stores(void **state) {
    (void)state;
    static const struct {
        const char *change, *words;
        int status;
    } cases[] = {
        {"PRAGMA user_version = 4", "is a store of version 4, this resile knows versions 2 and 3",
         RSL_EUNSUPPORTED},
        {"ALTER TABLE trial ADD COLUMN more INTEGER", "'trial' of the store is not as it was made",
         RSL_EFORMAT},
        {"DROP VIEW result", "'result' of the store is missing", RSL_EFORMAT},
        {"CREATE TRIGGER t AFTER INSERT ON trial BEGIN DELETE FROM trial; END",
         "has 't' on table 'trial'", RSL_EFORMAT},
        {"CREATE INDEX u ON trial (sdc)", "has 'u' on table 'trial'", RSL_EFORMAT},
        {"PRAGMA ignore_check_constraints = ON; UPDATE trial SET masked = masked + 1 WHERE k = 3",
         "is damaged (CHECK constraint failed in trial)", RSL_EFORMAT},
        {"PRAGMA ignore_check_constraints = ON; DELETE FROM store", "damaged (no identity)",
         RSL_EFORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink("altered.db");
        write_whole("altered.db", 5);
        sql("altered.db", cases[i].change);
        check_fails(reopen("altered.db"), cases[i].status, cases[i].words);
        check_fails(reread("altered.db"), cases[i].status, cases[i].words);
    }
    /* What people add beside is theirs. */
    unlink("altered.db");
    write_whole("altered.db", 5);
    sql("altered.db", "CREATE VIEW mine AS SELECT * FROM trial; CREATE TABLE notes (a)");
    check_ok(reopen("altered.db"));
}

/* ---- version 2 ---- */

static void copy_version_2(const char *path) {
    struct rsl_file f;
    unlink(path);
    check_ok(rsl_file_open(&f, SOURCE_ROOT "/tests/fuzz/corpus/store/valid"));
    check_ok(rsl_file_write(path, f.data, f.size));
    rsl_file_close(&f);
}

/* It is continued as it is: what it cannot hold is not there. */
static void test_version_2(void **state) {
    (void)state;
    struct rsl_store *store;
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial t;
    struct synthetic_trial made;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    copy_version_2("two.db");
    check_ok(rsl_store_open(&store, "two.db", &identity, &synthetic_session));
    synthetic_trial(&made, 2, 20);
    made.place.effect = "stuck1";
    check_ok(rsl_store_add_trials(store, 3, synthetic_settle(&made, 2), 1));
    check_ok(rsl_store_scan(store, 3, RSL_WITH_PLACES, &cursor));
    do assert_int_equal(rsl_store_step(cursor, &t), 1);
    while (t.k != 20);
    assert_int_equal(t.place->injection, made.place.injection);
    assert_null(t.place->effect);
    rsl_store_scan_end(cursor);
    rsl_store_close(store);
    check_ok(reread("two.db"));
}

/* Effects and forms that a store of version 2 does not have are those of the spec. */
static void test_manners_of_version_2(void **state) {
    (void)state;
    static const struct {
        const char *fault, *effect, *as;
    } cases[] = {
        {"single", NULL, NULL},
        {"ber + bitpos:3", NULL, NULL},
        {"stuck0", "stuck0", NULL},
        {"stuck1:count:1 + stuck1 layers=fc", "stuck1", NULL},
        {"neuron as=bf16", NULL, ""}, /* the places are in memory */
        {"neuron as=int8 + stuck1:count:1", "stuck1", ""},
    };
    static const char *const unknown[] = {"list:f.csv", "sram:iid:0.1", "stuck0 + ber",
                                          "neuron + neuron as=bf16", "no spec"};
    struct rsl_injections *injections;
    struct rsl_injection j;
    char change[200];
    copy_version_2("two.db");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(change, sizeof change, "UPDATE point SET fault = '%s' WHERE id = 3",
                 cases[i].fault);
        sql("two.db", change);
        check_ok(rsl_injections_open(&injections, "two.db", NULL));
        assert_int_equal(rsl_injections_next(injections, &j), 1);
        assert_string_equal(j.effect ? j.effect : "-", cases[i].effect ? cases[i].effect : "-");
        assert_string_equal(j.as ? j.as : "-", cases[i].as ? cases[i].as : "-");
        rsl_injections_close(injections);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        snprintf(change, sizeof change, "UPDATE point SET fault = '%s' WHERE id = 3", unknown[i]);
        sql("two.db", change);
        check_fails(rsl_injections_open(&injections, "two.db", NULL), RSL_EUNSUPPORTED,
                    "two.db: is a store of version 2, which does not say");
    }
}

static void test_read_only(void **state) {
    (void)state;
    write_whole("readonly.db", 5);
    if (geteuid() == 0) {
        /* root may write everything: an immutable mount is out of reach, another user is not */
        pid_t child = fork();
        if (child == 0) {
            if (chmod(folder, 0755) < 0 || chmod("readonly.db", 0444) < 0 || setuid(65534) < 0)
                _exit(9);
            _exit(reopen("readonly.db") == RSL_EIO && strstr(rsl_errmsg(), "read-only") &&
                          reread("readonly.db") == RSL_OK
                      ? 0
                      : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        return;
    }
    chmod("readonly.db", 0444);
    check_fails(reopen("readonly.db"), RSL_EIO, "read-only");
    check_ok(reread("readonly.db"));
}

static void test_locked(void **state) {
    (void)state;
    struct rsl_store *writer = open_new("locked.db"), *reader;
    int64_t campaign, id;
    /* A second writer, in a process of its own. */
    pid_t child = fork();
    if (child == 0)
        _exit(reopen("locked.db") == RSL_EIO &&
                      strstr(rsl_errmsg(), "is locked by another process") &&
                      strstr(rsl_errmsg(), "resile inject m.onnx --store R.db")
                  ? 0
                  : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    /* Readers see what was there when they opened, and do not stop the writer for long. */
    check_ok(rsl_store_read(&reader, "locked.db"));
    check_fails(rsl_store_add_campaign(reader, &synthetic_campaign, &campaign), RSL_EARG,
                "was opened for reading only");
    rsl_store_close(reader);
    check_ok(rsl_store_add_campaign(writer, &synthetic_campaign, &campaign));
    const struct rsl_store_point point = synthetic_point(0, campaign);
    check_ok(rsl_store_add_point(writer, &point, &id));
    check_ok(rsl_store_read(&reader, "locked.db"));
    check_fails(synthetic_fill(writer, 0, id, 0, 5, 64), RSL_EIO, "is locked");
    rsl_store_close(reader);
    check_ok(synthetic_fill(writer, 0, id, 0, 5, 64)); /* again: nothing was lost */
    rsl_store_close(writer);
    check_ok(reopen("locked.db"));
}

static void test_removed(void **state) {
    (void)state;
    struct rsl_store *store = open_new("gone.db");
    int64_t campaign, id;
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    const struct rsl_store_point point = synthetic_point(0, campaign);
    check_ok(rsl_store_add_point(store, &point, &id));
    unlink("gone.db");
    check_fails(synthetic_fill(store, 0, id, 0, 5, 64), RSL_EIO, "gone.db: was moved or removed");
    rsl_store_close(store);
}

static void test_full_disk(void **state) {
    (void)state;
    struct rsl_store *store = open_new("full.db");
    struct rsl_store_done done = {0};
    struct stat st;
    char before[65], after[65], whole[65];
    int64_t campaign, id;
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    const struct rsl_store_point point = synthetic_point(2, campaign);
    check_ok(rsl_store_add_point(store, &point, &id));
    check_ok(synthetic_fill(store, 2, id, 0, 50, 10));
    check_ok(rsl_store_digest(store, before));
    /* No file of this process may grow beyond what the store has now. */
    stat("full.db", &st);
    struct rlimit old, limit;
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = (rlim_t)st.st_size;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    check_fails(synthetic_fill(store, 2, id, 50, 400, 64), RSL_EIO, "full.db: cannot be written");
    check_ok(rsl_store_digest(store, after));
    assert_string_equal(before, after);
    check_fails(reopen("fresh.db") == RSL_OK ? synthetic_fill(store, 2, id, 50, 400, 64) : RSL_EIO,
                RSL_EIO, "cannot be written");
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    check_ok(synthetic_fill(store, 2, id, 50, 400, 64));
    check_ok(rsl_store_find_done(store, id, &done));
    assert_int_equal(done.n, 1);
    assert_int_equal(rsl_store_count(&done), 400);
    rsl_free(done.at);
    check_ok(rsl_store_digest(store, after));
    rsl_store_close(store);
    store = open_new("roomy.db");
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    check_ok(rsl_store_add_point(store, &point, &id));
    check_ok(synthetic_fill(store, 2, id, 0, 400, 64));
    check_ok(rsl_store_digest(store, whole));
    rsl_store_close(store);
    assert_string_equal(after, whole);
}

/* Every byte of a small store inverted, and every length: a sentence or a store, never a crash. */
static void test_damaged(void **state) {
    (void)state;
    struct rsl_file f;
    char digest[65];
    write_whole("good.db", 3);
    check_ok(rsl_file_open(&f, "good.db"));
    uint8_t *bytes = rsl_malloc(f.size);
    memcpy(bytes, f.data, f.size);
    int refused = 0, read = 0;
    for (size_t i = 0; i < f.size; i += i < 200 ? 1 : 97) {
        struct rsl_store *store;
        int fd = open("bad.db", O_WRONLY | O_CREAT | O_TRUNC, 0666);
        bytes[i] ^= 0xff;
        assert_int_equal(write(fd, bytes, f.size), f.size);
        bytes[i] ^= 0xff;
        close(fd);
        int rc = rsl_store_read(&store, "bad.db");
        if (rc == RSL_OK) rc = rsl_store_digest(store, digest);
        if (rc != RSL_OK && rc != RSL_EFORMAT && rc != RSL_EUNSUPPORTED && rc != RSL_EIO)
            fail_msg("byte %zu: %s: %s", i, rsl_status_name(rc), rsl_errmsg());
        if (rc < 0) assert_non_null(strstr(rsl_errmsg(), "bad.db: "));
        rc < 0 ? refused++ : read++;
        rsl_store_close(store);
    }
    assert_true(refused > 50 && read > 0);
    for (size_t size = 1; size < f.size; size += 1024) {
        struct rsl_store *store;
        unlink("bad.db"); /* stores are not replaced */
        check_ok(rsl_file_write("bad.db", bytes, size));
        int rc = rsl_store_read(&store, "bad.db");
        assert_true(rc == RSL_EFORMAT || rc == RSL_EIO);
        rsl_store_close(store);
    }
    rsl_free(bytes);
    rsl_file_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trials_come_back),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_done_of_a_shard),
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_digest_is_of_content_only),
        cmocka_unit_test(test_digest_sees_every_value),
        cmocka_unit_test(test_other_identities_are_refused),
        cmocka_unit_test(test_campaigns_of_one_store),
        cmocka_unit_test(test_wrong_trials_are_refused),
        cmocka_unit_test(test_confidence),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_view_of_strata),
        cmocka_unit_test(test_files_that_are_no_stores),
        cmocka_unit_test(test_other_versions_and_altered_stores),
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_manners_of_version_2),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
