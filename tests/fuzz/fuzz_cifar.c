/* CIFAR files: the input becomes the test split of both sets, binary and pickled, in folders of its
 * own. */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"

#include "base/file.h"
#include "resile/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KINDS = 3 };

static char folder[] = "/tmp/resile-fuzz-cifar-XXXXXX", below[64];
static char paths[KINDS][80], specs[KINDS][80];

static void clean_up(void) {
    for (int k = 0; k < KINDS; k++) unlink(paths[k]);
    rmdir(below);
    rmdir(folder);
}

static void prepare(void) {
    if (!mkdtemp(folder)) abort();
    snprintf(below, sizeof below, "%s/pickled", folder);
    if (mkdir(below, 0755) < 0) abort();
    snprintf(paths[0], sizeof paths[0], "%s/test_batch.bin", folder);
    snprintf(paths[1], sizeof paths[1], "%s/test.bin", folder);
    snprintf(paths[2], sizeof paths[2], "%s/test_batch", below);
    snprintf(specs[0], sizeof specs[0], "cifar10:%s", folder);
    snprintf(specs[1], sizeof specs[1], "cifar100:%s", folder);
    snprintf(specs[2], sizeof specs[2], "cifar10:%s", below);
    atexit(clean_up);
}

static void write_input(const char *path, const uint8_t *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!paths[0][0]) prepare();
    fuzz_limit((size_t)16 << 20);
    for (int k = 0; k < KINDS; k++) {
        struct rsl_data *d;
        uint8_t pixels[3072];
        write_input(paths[k], data, size);
        if (rsl_data_open(&d, specs[k], NULL) < 0) continue;
        for (int64_t i = 0; i < rsl_data_count(d); i++) {
            if (rsl_data_read(d, i, 1, pixels, NULL) < 0) abort();
            if (!rsl_data_class_name(d, rsl_data_label(d, i))) abort();
        }
        rsl_data_close(d);
    }
    return 0;
}
