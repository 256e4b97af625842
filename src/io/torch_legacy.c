/* PyTorch's form before 1.6: pickles and storages, one after the other; see torch.h.
 *
 *   1. pickle   the magic number 0x1950a86a20f9469cfc6c
 *   2. pickle   the protocol version, 1001
 *   3. pickle   {'little_endian': True, ...}
 *   4. pickle   the object, storages by persistent id
 *   5. pickle   the list of the storages' keys
 *   6. for each key: the number of elements (8 bytes, little endian), then the elements
 *
 * What follows, a newline that an editor or a transfer has added, is ignored with a warning. */
#include "io/torch.h"

#include "base/log.h"
#include "base/status.h"
#include "base/vec.h"

#include <inttypes.h>
#include <string.h>

static const uint8_t magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

struct reader {
    const uint8_t *data;
    size_t size, at;
    struct rsl_arena values;
    struct rsl_map dtypes; /* storage key -> its dtype, from the persistent ids */
    struct rsl_map keys;   /* storage key -> index in `storages` */
    struct {
        struct bytes {
            const uint8_t *data;
            size_t size;
        } * at;
        size_t n, cap;
    } storages;
};

/* LONG1 of the magic number comes first, behind the protocol and perhaps a frame. */
bool rsl_torch_legacy_detect(const uint8_t *data, size_t size) {
    static const size_t places[] = {4, 13};
    for (int i = 0; i < 2; i++)
        if (size >= places[i] + sizeof magic && data[0] == 0x80 &&
            memcmp(data + places[i], magic, sizeof magic) == 0)
            return true;
    return false;
}

static int next(struct reader *r, const char *what, struct rsl_pickle *p) {
    int rc = rsl_pickle_parse(p, &r->values, r->data + r->at, r->size - r->at, r->size);
    if (rc < 0) return rsl_fail_in(rc, "%s at byte %zu", what, r->at);
    r->at += p->used;
    return RSL_OK;
}

static int read_preamble(struct reader *r) {
    struct rsl_pickle p;
    RSL_TRY(next(r, "magic number", &p));
    if (p.root->kind != RSL_PICKLE_BIG_INT || p.root->text.n != sizeof magic ||
        memcmp(p.root->text.at, magic, sizeof magic) != 0)
        return rsl_fail(RSL_EFORMAT, "the file does not start with PyTorch's magic number");
    RSL_TRY(next(r, "protocol version", &p));
    if (p.root->kind != RSL_PICKLE_INT || p.root->i != 1001)
        return rsl_fail(RSL_EFORMAT, "the file has not PyTorch's protocol version 1001");
    RSL_TRY(next(r, "system information", &p));
    const struct rsl_pickle_value *little = rsl_pickle_get(p.root, "little_endian");
    if (little && little->kind == RSL_PICKLE_BOOL && !little->i)
        return rsl_fail(RSL_EUNSUPPORTED, "files of big endian machines are not read");
    return RSL_OK;
}

/* The source text of a whole module's class, ('module', class, file, text): of no use here. */
static bool is_module(const struct rsl_pickle_value *id) {
    if (id->kind != RSL_PICKLE_TUPLE || id->items.n == 0) return false;
    const struct rsl_pickle_value *what = id->items.at[0];
    return what->kind == RSL_PICKLE_TEXT && strcmp(what->text.at, "module") == 0;
}

/* The stream tells a storage's element count but not its type: the persistent ids do. */
static int note_dtypes(struct reader *r, const struct rsl_pickle *p) {
    for (size_t i = 0; i < p->n_persistent; i++) {
        struct rsl_torch_storage s;
        if (is_module(p->persistent[i]->id)) continue;
        RSL_TRY(rsl_torch_read_storage(p->persistent[i], &s));
        int64_t known = rsl_map_get(&r->dtypes, s.key);
        if (known >= 0 && known != (int64_t)s.dtype)
            return rsl_fail(RSL_EFORMAT, "storage '%s' has two element types", s.key);
        RSL_TRY(rsl_map_set(&r->dtypes, s.key, (int64_t)s.dtype));
    }
    return RSL_OK;
}

static int locate_storage(struct reader *r, const struct rsl_pickle_value *key) {
    if (key->kind != RSL_PICKLE_TEXT) return rsl_fail(RSL_EFORMAT, "a storage key is no text");
    const char *name = key->text.at;
    int64_t dtype = rsl_map_get(&r->dtypes, name);
    if (dtype < 0) return rsl_fail(RSL_EFORMAT, "storage '%s' belongs to no tensor", name);
    if (rsl_map_get(&r->keys, name) >= 0)
        return rsl_fail(RSL_EFORMAT, "storage '%s' is there twice", name);
    if (r->size - r->at < 8) return rsl_fail(RSL_EFORMAT, "ends before storage '%s'", name);
    uint64_t count = 0;
    for (int i = 7; i >= 0; i--) count = count << 8 | r->data[r->at + (size_t)i];
    r->at += 8;
    size_t item = rsl_dtype_bytes((int)dtype);
    if (count > (r->size - r->at) / item)
        return rsl_fail(RSL_EFORMAT,
                        "storage '%s' of %" PRIu64
                        " elements of %s goes beyond the "
                        "file's end",
                        name, count, rsl_dtype_name((int)dtype));
    struct bytes bytes = {r->data + r->at, (size_t)count * item};
    r->at += bytes.size;
    RSL_TRY(rsl_map_set(&r->keys, name, (int64_t)r->storages.n));
    return rsl_vec_push(&r->storages, bytes);
}

static int storage_bytes(void *context, const struct rsl_torch_storage *s, const uint8_t **data,
                         size_t *size) {
    const struct reader *r = context;
    int64_t i = rsl_map_get(&r->keys, s->key);
    if (i < 0) return rsl_fail(RSL_EFORMAT, "storage '%s' is not in the file", s->key);
    const struct bytes *all = &r->storages.at[i];
    size_t item = rsl_dtype_bytes((int)s->dtype);
    if ((uint64_t)s->offset > all->size / item)
        return rsl_fail(RSL_EFORMAT, "a view starts behind storage '%s'", s->key);
    *data = all->data + (size_t)s->offset * item;
    *size = all->size - (size_t)s->offset * item;
    return RSL_OK;
}

static int read_stream(struct reader *r, struct rsl_tensors *ts) {
    struct rsl_pickle object, keys;
    RSL_TRY(read_preamble(r));
    RSL_TRY(next(r, "object", &object));
    RSL_TRY(next(r, "storage keys", &keys));
    if (keys.root->kind != RSL_PICKLE_LIST)
        return rsl_fail(RSL_EFORMAT, "the storage keys are no list");
    RSL_TRY(note_dtypes(r, &object));
    for (size_t i = 0; i < keys.root->items.n; i++)
        RSL_TRY(locate_storage(r, keys.root->items.at[i]));
    if (r->at != r->size)
        rsl_log(RSL_LOG_WARNING, "%zu bytes behind the checkpoint's last storage are ignored",
                r->size - r->at);
    struct rsl_torch_source source = {storage_bytes, r};
    return rsl_torch_collect(ts, object.root, &source);
}

int rsl_torch_legacy_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    struct reader r = {.data = data, .size = size};
    rsl_tensors_limit(ts, size);
    int rc = read_stream(&r, ts);
    rsl_map_free(&r.dtypes);
    rsl_map_free(&r.keys);
    rsl_free(r.storages.at);
    rsl_arena_free(&r.values);
    return rc;
}
