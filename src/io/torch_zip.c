/* PyTorch's zip form; see torch.h.
 *
 *   NAME/data.pkl     the object, storages by persistent id
 *   NAME/data/KEY     the bytes of storage KEY
 *   NAME/byteorder    "little" or "big"; absent in older files, which are little endian
 *   NAME/version, ... not needed
 *
 * An archive that was packed again may have NAME in further folders, or none. */
#include "io/torch.h"
#include "io/zip.h"

#include "base/status.h"
#include "base/vec.h"

#include <string.h>

struct reader {
    struct rsl_zip zip;
    size_t size; /* of the file */
    struct rsl_tensors *ts;
    const char *root;    /* "NAME/", "FOLDER/NAME/" or "" */
    struct rsl_map keys; /* storage key -> index in `loaded` */
    struct {
        struct loaded {
            const uint8_t *data;
            size_t size;
        } * at;
        size_t n, cap;
    } loaded;
};

/* Index of ROOT/name, or -1; -2 when memory is refused. */
static int64_t find(struct reader *r, const char *name) {
    const char *path = rsl_arena_printf(&r->ts->arena, "%s%s", r->root, name);
    return path ? rsl_zip_find(&r->zip, path) : -2;
}

/* The first entry "NAME/data.pkl" tells the name. */
static int find_root(struct reader *r) {
    for (size_t i = 0; i < rsl_zip_count(&r->zip); i++) {
        const char *path = rsl_zip_name(&r->zip, i), *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        if (strcmp(name, "data.pkl") != 0 || !rsl_zip_is_file(&r->zip, i)) continue;
        r->root = rsl_arena_strndup(&r->ts->arena, path, (size_t)(name - path));
        return r->root ? RSL_OK : RSL_ENOMEM;
    }
    return rsl_fail(RSL_EFORMAT, "the zip archive has no data.pkl, so PyTorch did not write it");
}

static int check_form(struct reader *r) {
    int64_t script = find(r, "constants.pkl"), order = find(r, "byteorder");
    if (script == -2 || order == -2) return RSL_ENOMEM;
    if (script >= 0)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "a TorchScript archive is a program and not read; load "
                        "it in PyTorch and save its state_dict()");
    if (order < 0) return RSL_OK;
    const uint8_t *text;
    size_t size;
    RSL_TRY(rsl_zip_read(&r->zip, (size_t)order, r->ts, &text, &size));
    if (size == 6 && memcmp(text, "little", 6) == 0) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "byte order '%.*s' is not read", size < 8 ? (int)size : 8,
                    (const char *)text);
}

static int load(struct reader *r, const char *key, struct loaded *l) {
    const char *name = rsl_arena_printf(&r->ts->arena, "data/%s", key);
    int64_t i = name ? find(r, name) : -2;
    if (i == -2) return RSL_ENOMEM;
    if (i < 0) return rsl_fail(RSL_EFORMAT, "storage '%s' is not in the archive", key);
    return rsl_zip_read(&r->zip, (size_t)i, r->ts, &l->data, &l->size);
}

/* Each storage is unpacked once, when its first tensor asks for it. */
static int storage_bytes(void *context, const struct rsl_torch_storage *s, const uint8_t **data,
                         size_t *size) {
    struct reader *r = context;
    int64_t i = rsl_map_get(&r->keys, s->key);
    if (s->offset) return rsl_fail(RSL_EFORMAT, "storage '%s' is a view", s->key);
    if (i < 0) {
        struct loaded l;
        RSL_TRY(load(r, s->key, &l));
        i = (int64_t)r->loaded.n;
        RSL_TRY(rsl_vec_push(&r->loaded, l));
        RSL_TRY(rsl_map_set(&r->keys, s->key, i));
    }
    *data = r->loaded.at[i].data;
    *size = r->loaded.at[i].size;
    return RSL_OK;
}

static int read_archive(struct reader *r, struct rsl_arena *values) {
    const uint8_t *pickle;
    size_t size;
    struct rsl_pickle p;
    RSL_TRY(find_root(r));
    RSL_TRY(check_form(r));
    int64_t i = find(r, "data.pkl");
    if (i < 0) return i == -2 ? RSL_ENOMEM : rsl_fail(RSL_EFORMAT, "data.pkl is hidden");
    RSL_TRY(rsl_zip_read(&r->zip, (size_t)i, r->ts, &pickle, &size));
    RSL_TRY(rsl_pickle_parse(&p, values, pickle, size, r->size));
    struct rsl_torch_source source = {storage_bytes, r};
    return rsl_torch_collect(r->ts, p.root, &source);
}

int rsl_torch_zip_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    struct rsl_arena values = RSL_ARENA_INIT;
    struct reader r = {.ts = ts, .size = size};
    rsl_tensors_limit(ts, size);
    RSL_TRY(rsl_zip_open(&r.zip, data, size));
    int rc = read_archive(&r, &values);
    rsl_zip_close(&r.zip);
    rsl_map_free(&r.keys);
    rsl_free(r.loaded.at);
    rsl_arena_free(&values);
    return rc;
}
