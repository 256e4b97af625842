/* Stores as files from anybody: reading one gives its digest, results and injections or a sentence,
 * and what could be read can be opened for writing by those who know its identity. */
#include "fuzz.h"

#include "../synthetic_store.h"
#include "base/status.h"
#include "campaign/store.h"
#include "resile/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void remove_file(void) {
    char journal[80];
    snprintf(journal, sizeof journal, "%s-journal", path);
    unlink(journal);
    unlink(path);
}

static void check(bool holds) {
    if (!holds) abort();
}

/* A failure has a sentence that names the file. */
static bool done(int rc) {
    check(rc >= 0 || strstr(rsl_errmsg(), path) || strstr(rsl_errmsg(), "memory"));
    return rc >= 0;
}

static void write_file(const uint8_t *data, size_t size) {
    if (!path[0]) {
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(path, sizeof path, "%s/resile_fuzz_%ld.db", folder, (long)getpid());
        check(atexit(remove_file) == 0);
    }
    remove_file();
    FILE *f = fopen(path, "wb");
    check(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
}

static void continue_store(void) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    if (!done(rsl_store_open(&store, path, &identity, NULL))) return;
    done(synthetic_write(store, 3, 8));
    rsl_store_close(store);
}

static void read_injections(void) {
    struct rsl_injections *injections;
    struct rsl_injection j;
    int got;
    if (!done(rsl_injections_open(&injections, path, NULL))) return;
    while ((got = rsl_injections_next(injections, &j)) == 1) continue;
    done(got);
    rsl_injections_close(injections);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_results *results;
    char digest[65];
    fuzz_limit((size_t)1 << 26);
    write_file(data, size);
    if (!done(rsl_store_fingerprint(path, digest))) return 0;
    if (done(rsl_results_read(&results, (const char *const[]){path}, 1, 0)))
        rsl_results_free(results);
    read_injections();
    continue_store();
    return 0;
}
