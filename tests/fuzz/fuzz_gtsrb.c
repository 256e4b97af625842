/* Tables of GTSRB: the input becomes that of the test split, and that of the first class of the
 * training split, in a folder with two pictures of each class. */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"

#include "data/unpack.h"
#include "resile/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CLASSES = 43 };

static const uint8_t picture[] = "P6\n1 1\n255\nabc";
static char folder[] = "/tmp/resile-fuzz-gtsrb-XXXXXX", spec[64], test[96], first[96];

static void clean_up(void) {
    rsl_remove_tree(folder);
}

static void write_input(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
}

static void add_pictures(const char *place) {
    char path[128];
    for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "%s/%05d.ppm", place, k);
        write_input(path, picture, sizeof picture - 1);
    }
}

static void add_class(int k) {
    char place[64], path[96], table[64];
    snprintf(place, sizeof place, "%s/Images/%05d", folder, k);
    if (mkdir(place, 0755) < 0) abort();
    add_pictures(place);
    snprintf(path, sizeof path, "%s/GT-%05d.csv", place, k);
    snprintf(table, sizeof table, "Filename;ClassId\n00000.ppm;%d\n", k);
    write_input(path, table, strlen(table));
}

static void prepare(void) {
    char images[64];
    if (!mkdtemp(folder)) abort();
    snprintf(images, sizeof images, "%s/Images", folder);
    if (mkdir(images, 0755) < 0) abort();
    add_pictures(images);
    for (int k = 0; k < CLASSES; k++) add_class(k);
    snprintf(spec, sizeof spec, "gtsrb:%s", folder);
    snprintf(test, sizeof test, "%s/GT-final_test.csv", images);
    snprintf(first, sizeof first, "%s/00000/GT-00000.csv", images);
    atexit(clean_up);
}

static void check(const char *split) {
    const struct rsl_data_options o = {.split = split};
    struct rsl_data *d;
    int shape[3];
    if (rsl_data_open(&d, spec, &o) < 0) return;
    if (rsl_data_count(d) < 1) abort();
    for (int64_t i = 0; i < rsl_data_count(d); i++) {
        int label = rsl_data_label(d, i);
        if (label < 0 || label >= CLASSES || !rsl_data_class_name(d, label)) abort();
    }
    rsl_data_image(d, 0, shape, NULL, 0); /* may name a file that is no picture */
    rsl_data_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!spec[0]) prepare();
    fuzz_limit((size_t)16 << 20);
    write_input(test, data, size);
    write_input(first, data, size);
    check("test");
    check("train");
    return 0;
}
