/* See unpack.h. The tar reader knows the ustar header (512 bytes: name at 0, size at 124, checksum
 * at 148, type at 156, prefix at 345) and passes over extended headers, which name nothing that
 * data sets need. */
#define _XOPEN_SOURCE 700
#include "data/unpack.h"

#include "base/file.h"
#include "base/status.h"
#include "base/text.h"
#include "io/zip.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

enum { BLOCK = 512, CHUNK = 64 * 1024, LONGEST_NAME = 1000, OPEN_FOLDERS = 16 };

/* ---- writing ---- */

struct unpacker {
    const char *archive, *folder;
    int64_t bytes;
    int files;
    FILE *file; /* being written */
    struct rsl_text path;
};

int rsl_make_folders(const char *path) {
    struct rsl_text t = {0};
    rsl_text_puts(&t, path);
    RSL_TRY(t.status);
    int rc = RSL_OK;
    for (char *p = t.at + 1; rc == RSL_OK; p++) {
        char c = *p;
        if (c && c != '/') continue;
        *p = 0;
        struct stat st;
        if (mkdir(t.at, 0777) < 0 &&
            (errno != EEXIST || stat(t.at, &st) < 0 || !S_ISDIR(st.st_mode)))
            rc = rsl_fail(RSL_EIO, "%s: the folder cannot be made: %s", t.at, strerror(errno));
        *p = c;
        if (!c) break;
    }
    rsl_text_free(&t);
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk) {
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

int rsl_remove_tree(const char *path) {
    struct stat st;
    if (lstat(path, &st) < 0 && errno == ENOENT) return RSL_OK;
    if (nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        return rsl_fail(RSL_EIO, "%s: cannot be removed: %s", path, strerror(errno));
    return RSL_OK;
}

/* Relative, without "..", without bytes that terminals or other systems take amiss. */
static bool is_safe(const char *name) {
    size_t n = strlen(name);
    if (n == 0 || n > LONGEST_NAME || name[0] == '/') return false;
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\') return false;
    for (const char *p = name; p; p = strchr(p, '/')) {
        if (*p == '/') p++;
        if (p[0] == '.' && p[1] == '.' && (p[2] == 0 || p[2] == '/')) return false;
    }
    return true;
}

/* Makes the folder, or opens the file and the folders above it. */
static int begin(struct unpacker *u, const char *name, bool folder) {
    if (!is_safe(name))
        return rsl_fail(RSL_EFORMAT, "%s: holds the name '%.200s', which is not taken", u->archive,
                        name);
    if (++u->files > RSL_UNPACK_FILES)
        return rsl_fail(RSL_EFORMAT, "%s: holds more than %d files", u->archive, RSL_UNPACK_FILES);
    u->path.n = 0;
    rsl_text_printf(&u->path, "%s/%s", u->folder, name);
    RSL_TRY(u->path.status);
    if (folder) return rsl_make_folders(u->path.at);
    char *slash = strrchr(u->path.at, '/');
    *slash = 0;
    int rc = rsl_make_folders(u->path.at);
    *slash = '/';
    RSL_TRY(rc);
    u->file = fopen(u->path.at, "wbx"); /* an archive names each file once */
    if (!u->file)
        return rsl_fail(RSL_EIO, "%s: cannot be written: %s", u->path.at, strerror(errno));
    return RSL_OK;
}

static int add(struct unpacker *u, const void *data, size_t n) {
    u->bytes += (int64_t)n;
    if (u->bytes > RSL_UNPACK_BYTES)
        return rsl_fail(RSL_EFORMAT, "%s: unpacks to more than %lld bytes", u->archive,
                        (long long)RSL_UNPACK_BYTES);
    if (fwrite(data, 1, n, u->file) != n)
        return rsl_fail(RSL_EIO, "%s: cannot be written: %s", u->path.at, strerror(errno));
    return RSL_OK;
}

static int finish(struct unpacker *u) {
    FILE *file = u->file;
    u->file = NULL;
    if (file && fclose(file) != 0)
        return rsl_fail(RSL_EIO, "%s: cannot be written: %s", u->path.at, strerror(errno));
    return RSL_OK;
}

static void release(struct unpacker *u) {
    if (u->file) fclose(u->file);
    rsl_text_free(&u->path);
}

/* ---- tar ---- */

/* An octal field; -1 when it is none. */
static int64_t octal(const uint8_t *field, int n) {
    int64_t v = 0;
    int k = 0, digits = 0;
    while (k < n && field[k] == ' ') k++;
    for (; k < n && field[k] >= '0' && field[k] <= '7'; k++, digits++) v = 8 * v + (field[k] - '0');
    return digits && (k == n || field[k] == 0 || field[k] == ' ') ? v : -1;
}

static bool checksum_right(const uint8_t h[BLOCK]) {
    int64_t sum = 0;
    for (int k = 0; k < BLOCK; k++) sum += k >= 148 && k < 156 ? ' ' : h[k];
    return sum == octal(h + 148, 8);
}

/* Exactly n bytes; *ended instead when the file ends before the first. */
static int read_exactly(gzFile gz, const char *archive, void *out, unsigned n, bool *ended) {
    int code, got = gzread(gz, out, n);
    *ended = got == 0 && gzeof(gz) && (gzerror(gz, &code), code == Z_OK || code == Z_STREAM_END);
    if (got == (int)n || (*ended && n == BLOCK)) return RSL_OK;
    const char *why = gzerror(gz, &code);
    return rsl_fail(RSL_EFORMAT, "%s: %s", archive,
                    code < 0 && code != Z_BUF_ERROR && *why ? why : "ends too early");
}

/* The bytes of an entry and its padding, into the open file if there is one. */
static int copy_entry(struct unpacker *u, gzFile gz, int64_t size) {
    uint8_t chunk[BLOCK];
    bool ended;
    for (int64_t left = size; left > 0; left -= BLOCK) {
        RSL_TRY(read_exactly(gz, u->archive, chunk, BLOCK, &ended));
        if (ended) return rsl_fail(RSL_EFORMAT, "%s: ends inside a file", u->archive);
        if (u->file) RSL_TRY(add(u, chunk, left < BLOCK ? (size_t)left : BLOCK));
    }
    return RSL_OK;
}

static int tar_entry(struct unpacker *u, gzFile gz, const uint8_t h[BLOCK]) {
    char name[257];
    bool ustar = memcmp(h + 257, "ustar", 5) == 0;
    int prefix = ustar ? (int)strnlen((const char *)h + 345, 155) : 0;
    snprintf(name, sizeof name, "%.*s%s%.*s", prefix, (const char *)h + 345, prefix ? "/" : "",
             (int)strnlen((const char *)h, 100), (const char *)h);
    int64_t size = octal(h + 124, 12);
    if (size < 0 || size > RSL_UNPACK_BYTES)
        return rsl_fail(RSL_EFORMAT, "%s: '%.100s' has an impossible size", u->archive, name);
    uint8_t type = h[156];
    if (type == 'x' || type == 'g') return copy_entry(u, gz, size);
    if (type != '0' && type != 0 && type != '5')
        return rsl_fail(RSL_EUNSUPPORTED, "%s: '%.100s' is neither file nor folder", u->archive,
                        name);
    RSL_TRY(begin(u, name, type == '5'));
    RSL_TRY(copy_entry(u, gz, size));
    return finish(u);
}

static int tar_entries(struct unpacker *u, gzFile gz) {
    uint8_t header[BLOCK];
    static const uint8_t zeros[BLOCK];
    for (;;) {
        bool ended;
        RSL_TRY(read_exactly(gz, u->archive, header, BLOCK, &ended));
        if (ended) return rsl_fail(RSL_EFORMAT, "%s: the tar archive has no end", u->archive);
        if (memcmp(header, zeros, BLOCK) == 0) break;
        if (!checksum_right(header))
            return rsl_fail(RSL_EFORMAT, "%s: is no tar archive, or a broken one", u->archive);
        RSL_TRY(tar_entry(u, gz, header));
    }
    /* To the end of the stream, where gzip's checksum is. */
    uint8_t rest[BLOCK];
    int got;
    while ((got = gzread(gz, rest, sizeof rest)) > 0) {
    }
    int code;
    gzerror(gz, &code);
    if (got < 0 || code < 0) return rsl_fail(RSL_EFORMAT, "%s: broken gzip data", u->archive);
    return RSL_OK;
}

int rsl_unpack_tar_gz(const char *archive, const char *folder) {
    struct unpacker u = {.archive = archive, .folder = folder};
    gzFile gz = gzopen(archive, "rb");
    if (!gz) return rsl_fail(RSL_EIO, "%s: cannot be opened: %s", archive, strerror(errno));
    gzbuffer(gz, CHUNK);
    int rc = gzdirect(gz) ? rsl_fail(RSL_EFORMAT, "%s: is not compressed with gzip", archive)
                          : tar_entries(&u, gz);
    gzclose(gz);
    release(&u);
    return rc;
}

/* ---- zip ---- */

static int zip_entry(struct unpacker *u, const struct rsl_zip *z, size_t i) {
    const char *name = rsl_zip_name(z, i);
    size_t n = strlen(name);
    bool folder = n && name[n - 1] == '/';
    RSL_TRY(begin(u, name, folder));
    if (folder) return RSL_OK;
    zip_file_t *in = zip_fopen_index(z->archive, i, 0);
    if (!in) return rsl_fail(RSL_EFORMAT, "%s: '%.200s' cannot be unpacked", u->archive, name);
    uint8_t chunk[CHUNK / 4];
    zip_int64_t got;
    int rc = RSL_OK;
    while (rc == RSL_OK && (got = zip_fread(in, chunk, sizeof chunk)) > 0)
        rc = add(u, chunk, (size_t)got);
    if (rc == RSL_OK && got < 0) /* libzip compares the checksum at the end */
        rc = rsl_fail(RSL_EFORMAT, "%s: '%.200s' is broken", u->archive, name);
    zip_fclose(in);
    return rc < 0 ? rc : finish(u);
}

int rsl_unpack_zip(const char *archive, const char *folder) {
    struct unpacker u = {.archive = archive, .folder = folder};
    struct rsl_file file;
    struct rsl_zip z;
    RSL_TRY(rsl_file_open(&file, archive));
    int rc = rsl_zip_open(&z, file.data, file.size);
    if (rc < 0) {
        rsl_file_close(&file);
        return rsl_fail_in(rc, "%s", archive);
    }
    for (size_t i = 0; i < rsl_zip_count(&z) && rc == RSL_OK; i++) rc = zip_entry(&u, &z, i);
    rsl_zip_close(&z);
    rsl_file_close(&file);
    release(&u);
    return rc;
}
