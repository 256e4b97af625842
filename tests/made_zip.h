/* Small zip archives, made here. */
#ifndef TESTS_MADE_ZIP_H
#define TESTS_MADE_ZIP_H

#include "check.h"

#include <zip.h>

struct made_entry {
    const char *name; /* ends in '/': a folder */
    const void *data;
    size_t size;
};

static void make_zip(const char *path, const struct made_entry *entries, size_t n) {
    int error;
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(z);
    for (size_t i = 0; i < n; i++) {
        const struct made_entry *e = &entries[i];
        if (e->name[strlen(e->name) - 1] == '/') {
            assert_true(zip_dir_add(z, e->name, ZIP_FL_ENC_UTF_8) >= 0);
            continue;
        }
        zip_source_t *source = zip_source_buffer(z, e->data, e->size, 0);
        assert_non_null(source);
        assert_true(zip_file_add(z, e->name, source, ZIP_FL_ENC_UTF_8) >= 0);
    }
    assert_int_equal(zip_close(z), 0);
}

#endif
