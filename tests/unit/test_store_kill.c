/* A process that writes a store is killed at random instants, twenty times, and started again: the
 * store has every trial once and the digest of a run that nobody disturbed. A store that is
 * finished before the last kill is looked at, too, and begun anew. */
#define _GNU_SOURCE /* mkdtemp */
#include "check.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "campaign/store.h"
#include "own_folder.h"
#include "synthetic_store.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 20, TRIALS = 400, BATCH = 5 };

static char folder[] = "/tmp/resile_kill_XXXXXX";

static int setup(void **state) {
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int teardown(void **state) {
    (void)state;
    return own_folder_remove(folder);
}

static int write_all(const char *path) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    RSL_TRY(rsl_store_open(&store, path, &identity, &synthetic_session));
    int rc = synthetic_write(store, TRIALS, BATCH);
    rsl_store_close(store);
    return rc;
}

static pid_t start(const char *path) {
    pid_t child = fork();
    if (child == 0) _exit(write_all(path) == RSL_OK ? 0 : 1);
    return child;
}

static void digest_of(const char *path, char hex[65]) {
    struct rsl_store *store;
    check_ok(rsl_store_read(&store, path));
    check_ok(rsl_store_digest(store, hex));
    rsl_store_close(store);
}

/* Trials that are there; those of a point are 0, 1, ... without a gap. */
static int64_t count_trials(const char *path) {
    struct rsl_store *store;
    struct rsl_store_done done = {0};
    struct stat st;
    int64_t n = 0;
    if (stat(path, &st) < 0 || st.st_size == 0) return 0; /* killed before the first commit */
    check_ok(rsl_store_read(&store, path));
    for (int64_t point = 1; point <= SYNTHETIC_POINTS; point++) {
        check_ok(rsl_store_find_done(store, point, &done));
        assert_true(done.n <= 1 && (done.n == 0 || done.at[0].first == 0));
        assert_int_equal(rsl_store_count(&done) % BATCH, 0);
        n += rsl_store_count(&done);
    }
    rsl_free(done.at);
    rsl_store_close(store);
    return n;
}

/* Writes the store, from where it is, without a kill. */
static void finish(const char *path) {
    int status;
    pid_t child = start(path);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void check_whole(const char *path, const char whole[65]) {
    char hex[65];
    assert_int_equal(count_trials(path), SYNTHETIC_POINTS * TRIALS);
    digest_of(path, hex);
    assert_string_equal(whole, hex);
}

/* True when the writer was killed within `most` seconds, false when it had ended by then. */
static bool kill_within(const char *path, double most, struct rsl_rng *rng) {
    double wait = rsl_rng_unit(rng) * most;
    struct timespec t = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
    int status;
    pid_t child = start(path);
    while (nanosleep(&t, &t) < 0 && errno == EINTR) continue;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void test_kill(void **state) {
    char whole[65];
    int64_t before = 0;
    (void)state;
    double began = rsl_clock();
    finish("whole.db");
    double seconds = rsl_clock() - began;
    digest_of("whole.db", whole);
    struct rsl_rng rng = rsl_rng((uint64_t)getpid(), (uint64_t)time(NULL));
    for (int kills = 0; kills < KILLS;) {
        bool killed = kill_within("killed.db", seconds / (KILLS / 2), &rng);
        int64_t now = count_trials("killed.db");
        assert_true(now >= before); /* what was committed stays */
        before = now;
        kills += killed;
        if (killed) continue;
        check_whole("killed.db", whole);
        assert_int_equal(unlink("killed.db"), 0);
        before = 0;
    }
    finish("killed.db");
    check_whole("killed.db", whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
