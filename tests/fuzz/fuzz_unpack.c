/* Archives: the input as it is, for both readers, and as a tar archive whose headers get the
 * checksums that they need to be looked at, compressed. Whatever it says, there are only files and
 * folders afterwards, and all of them in the folder. */
#define _XOPEN_SOURCE 700
#include "fuzz.h"

#include "data/unpack.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 512, CHECKSUM = 148, SIZE = 124, OPEN_FOLDERS = 16 };

static char folder[] = "/tmp/resile-fuzz-unpack-XXXXXX", archive[64], below[64];
static int beside; /* what lies in `folder` */

static void clean_up(void) {
    rsl_remove_tree(folder);
}

static void prepare(void) {
    if (!mkdtemp(folder)) abort();
    snprintf(archive, sizeof archive, "%s/archive", folder);
    snprintf(below, sizeof below, "%s/below", folder);
    atexit(clean_up);
}

static void write_input(const uint8_t *data, size_t size) {
    FILE *f = fopen(archive, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
}

static int look(const char *path, const struct stat *st, int type, struct FTW *walk) {
    (void)path;
    (void)type;
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) abort();
    beside += walk->level == 1;
    return 0;
}

static void unpack(int (*reader)(const char *archive, const char *folder)) {
    if (mkdir(below, 0777) < 0) abort();
    reader(archive, below);
    beside = 0;
    if (nftw(folder, look, OPEN_FOLDERS, FTW_PHYS) != 0) abort();
    if (beside != 2) abort(); /* the archive and the folder */
    if (rsl_remove_tree(below) < 0) abort();
}

/* ---- tar ---- */

static int64_t size_of(const uint8_t *header) {
    int64_t v = 0;
    for (int k = SIZE; k < SIZE + 11; k++)
        v = header[k] >= '0' && header[k] <= '7' ? 8 * v + (header[k] - '0') : v;
    return v;
}

static void set_checksums(uint8_t *tar, size_t size) {
    for (size_t at = 0; at + BLOCK <= size;) {
        unsigned sum = 0;
        memset(tar + at + CHECKSUM, ' ', 8);
        for (size_t k = 0; k < BLOCK; k++) sum += tar[at + k];
        if (sum == 8 * ' ') { /* the end */
            memset(tar + at + CHECKSUM, 0, 8);
            return;
        }
        snprintf((char *)tar + at + CHECKSUM, 8, "%06o", sum);
        uint64_t blocks = 1 + ((uint64_t)size_of(tar + at) + BLOCK - 1) / BLOCK;
        if (blocks > size / BLOCK) return;
        at += (size_t)blocks * BLOCK;
    }
}

static void write_tar(const uint8_t *data, size_t size) {
    uint8_t *tar = malloc(size + 1);
    gzFile gz = gzopen(archive, "wb1");
    if (!tar || !gz) abort();
    memcpy(tar, data, size);
    set_checksums(tar, size);
    if (gzwrite(gz, tar, (unsigned)size) != (int)size || gzclose(gz) != Z_OK) abort();
    free(tar);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!archive[0]) prepare();
    fuzz_limit((size_t)16 << 20);
    write_input(data, size);
    unpack(rsl_unpack_tar_gz);
    unpack(rsl_unpack_zip);
    if (size >= BLOCK) {
        write_tar(data, size);
        unpack(rsl_unpack_tar_gz);
    }
    return 0;
}
