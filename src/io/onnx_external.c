/* External data of a TensorProto. The location must be a relative path that stays inside the
 * model's folder, as it is written and after every symbolic link is followed: a model from
 * elsewhere may not read the rest of the disk. */
#define _DEFAULT_SOURCE
#include "io/onnx_external.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const char *location;
    uint64_t offset, length;
    bool has_length;
};

static int parse_size(const char *key, const char *text, uint64_t *value) {
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return rsl_fail(RSL_EFORMAT, "external data: %s '%s' is no number", key, text);
    *value = v;
    return RSL_OK;
}

static int parse_place(struct place *place, const Onnx__TensorProto *proto) {
    *place = (struct place){0};
    for (size_t i = 0; i < proto->n_external_data; i++) {
        const char *key = proto->external_data[i]->key, *value = proto->external_data[i]->value;
        if (!key || !value) return rsl_fail(RSL_EFORMAT, "external data: empty entry");
        if (strcmp(key, "location") == 0) {
            place->location = value;
        } else if (strcmp(key, "offset") == 0) {
            RSL_TRY(parse_size(key, value, &place->offset));
        } else if (strcmp(key, "length") == 0) {
            RSL_TRY(parse_size(key, value, &place->length));
            place->has_length = true;
        }
    }
    if (!place->location || !place->location[0])
        return rsl_fail(RSL_EFORMAT, "external data: no location");
    return RSL_OK;
}

/* No absolute path, no "..": refused before the file system is asked. */
static bool stays_below(const char *location) {
    if (location[0] == '/') return false;
    for (const char *p = location; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') return false;
        p += n + (p[n] == '/');
    }
    return true;
}

/* The real path of folder/location into `path`, proven to lie inside the folder. */
static int resolve(char path[PATH_MAX], const char *folder, const char *location) {
    char joined[PATH_MAX], root[PATH_MAX];
    if (!stays_below(location))
        return rsl_fail(RSL_EFORMAT, "external data '%s' points outside the model's folder",
                        location);
    int n = snprintf(joined, sizeof joined, "%s/%s", folder, location);
    if (n < 0 || (size_t)n >= sizeof joined)
        return rsl_fail(RSL_EFORMAT, "external data '%s': the path is too long", location);
    if (!realpath(folder, root) || !realpath(joined, path))
        return rsl_fail(RSL_EIO, "external data '%s' cannot be opened: %s", location,
                        strerror(errno));
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, length) != 0 || path[length] != '/')
        return rsl_fail(RSL_EFORMAT, "external data '%s' points outside the model's folder",
                        location);
    return RSL_OK;
}

int rsl_onnx_external(void **data, const Onnx__TensorProto *proto, size_t bytes,
                      struct rsl_arena *arena, const char *folder) {
    struct place place;
    char path[PATH_MAX];
    struct rsl_file file;
    RSL_TRY(parse_place(&place, proto));
    if (!folder)
        return rsl_fail(RSL_EUNSUPPORTED, "external data '%s': the model has no folder",
                        place.location);
    RSL_TRY(resolve(path, folder, place.location));
    int rc = rsl_file_open(&file, path);
    if (rc < 0) return rsl_fail_in(rc, "external data");
    uint64_t rest = place.offset <= file.size ? file.size - place.offset : 0;
    if (place.offset > file.size || (place.has_length && place.length > rest))
        rc = rsl_fail(RSL_EFORMAT, "external data '%s': %llu bytes from %llu of a file of %zu",
                      place.location, (unsigned long long)(place.has_length ? place.length : bytes),
                      (unsigned long long)place.offset, file.size);
    else if ((place.has_length ? place.length : rest) != bytes)
        rc = rsl_fail(RSL_EFORMAT, "external data '%s': %llu bytes where the shape needs %zu",
                      place.location, (unsigned long long)(place.has_length ? place.length : rest),
                      bytes);
    else if (!(*data = rsl_arena_memdup(arena, file.data + place.offset, bytes)))
        rc = RSL_ENOMEM;
    rsl_file_close(&file);
    return rc;
}
