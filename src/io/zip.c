/* See zip.h. */
#include "io/zip.h"

#include "base/status.h"

#include <inttypes.h>
#include <string.h>
#include <zip.h>

bool rsl_zip_detect(const uint8_t *data, size_t size) {
    return size >= 4 && (memcmp(data, "PK\3\4", 4) == 0 || memcmp(data, "PK\5\6", 4) == 0);
}

static int fail_with(int status, const char *what, zip_error_t *error) {
    return rsl_fail(status, "%s: %s", what, zip_error_strerror(error));
}

int rsl_zip_open(struct rsl_zip *z, const uint8_t *data, size_t size) {
    zip_error_t error;
    /* libzip takes an empty file for an empty archive */
    if (!rsl_zip_detect(data, size)) return rsl_fail(RSL_EFORMAT, "does not start as a zip does");
    zip_error_init(&error);
    int rc = RSL_OK;
    z->archive = NULL;
    zip_source_t *source = zip_source_buffer_create(data, size, 0, &error);
    if (source) z->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!z->archive) {
        rc = fail_with(RSL_EFORMAT, "the zip archive cannot be read", &error);
        if (source) zip_source_free(source);
    }
    zip_error_fini(&error);
    return rc;
}

void rsl_zip_close(struct rsl_zip *z) {
    if (z->archive) zip_discard(z->archive);
    z->archive = NULL;
}

size_t rsl_zip_count(const struct rsl_zip *z) {
    zip_int64_t n = zip_get_num_entries(z->archive, 0);
    return n < 0 ? 0 : (size_t)n;
}

const char *rsl_zip_name(const struct rsl_zip *z, size_t i) {
    const char *name = zip_get_name(z->archive, i, 0);
    return name ? name : "";
}

bool rsl_zip_is_file(const struct rsl_zip *z, size_t i) {
    const char *name = rsl_zip_name(z, i);
    size_t n = strlen(name);
    return n && name[n - 1] != '/' && strncmp(name, "__MACOSX/", 9) != 0;
}

int64_t rsl_zip_find(const struct rsl_zip *z, const char *name) {
    return zip_name_locate(z->archive, name, 0);
}

/* What the directory says about the entry, refused unless it can be true. */
static int check_entry(const struct rsl_zip *z, size_t i, zip_stat_t *st) {
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    const char *name = rsl_zip_name(z, i);
    zip_stat_init(st);
    if (zip_stat_index(z->archive, i, 0, st) < 0 || (st->valid & needed) != needed)
        return rsl_fail(RSL_EFORMAT, "zip entry '%s' has no usable description", name);
    if (st->valid & ZIP_STAT_ENCRYPTION_METHOD && st->encryption_method != ZIP_EM_NONE)
        return rsl_fail(RSL_EUNSUPPORTED, "zip entry '%s' is encrypted", name);
    if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE)
        return rsl_fail(RSL_EUNSUPPORTED, "zip entry '%s' uses compression method %u", name,
                        (unsigned)st->comp_method);
    if (st->comp_method == ZIP_CM_STORE ? st->size != st->comp_size
                                        : st->size / RSL_DEFLATE_RATIO > st->comp_size + 1)
        return rsl_fail(RSL_EFORMAT,
                        "zip entry '%s' claims to unpack %" PRIu64 " bytes to %" PRIu64, name,
                        (uint64_t)st->comp_size, (uint64_t)st->size);
    return RSL_OK;
}

/* Reads exactly `size` bytes and meets the end, where libzip compares the checksum. */
static int read_entry(zip_file_t *file, const char *name, uint8_t *data, size_t size) {
    for (size_t n = 0; n < size;) {
        zip_int64_t got = zip_fread(file, data + n, size - n);
        if (got < 0) break;
        if (got == 0) return rsl_fail(RSL_EFORMAT, "zip entry '%s' ends early", name);
        n += (size_t)got;
    }
    uint8_t beyond;
    zip_int64_t rest = zip_fread(file, &beyond, 1);
    if (rest > 0) return rsl_fail(RSL_EFORMAT, "zip entry '%s' is longer than it says", name);
    if (rest < 0)
        return rsl_fail(RSL_EFORMAT, "zip entry '%s' cannot be read: %s", name,
                        zip_file_strerror(file));
    return RSL_OK;
}

int rsl_zip_read(const struct rsl_zip *z, size_t i, struct rsl_tensors *ts, const uint8_t **data,
                 size_t *size) {
    zip_stat_t st;
    RSL_TRY(check_entry(z, i, &st));
    const char *name = rsl_zip_name(z, i);
    void *memory;
    int rc = rsl_tensors_unpack(ts, (size_t)st.size, &memory);
    if (rc < 0) return rsl_fail_in(rc, "zip entry '%s'", name);
    zip_file_t *file = zip_fopen_index(z->archive, i, 0);
    if (!file)
        return rsl_fail(RSL_EFORMAT, "zip entry '%s' cannot be read: %s", name,
                        zip_strerror(z->archive));
    rc = read_entry(file, name, memory, (size_t)st.size);
    zip_fclose(file);
    *data = memory;
    *size = (size_t)st.size;
    return rc;
}
