/* See cifar_python.h. A pickled dict:
 *
 *   data                         array of unsigned bytes [n,3072], each row [3,32,32]
 *   labels                       list of n ints (CIFAR-10)
 *   coarse_labels, fine_labels   two of them (CIFAR-100)
 *
 * The pickle is parsed, never executed (io/pickle.h); what else it holds (names of files) is passed
 * over. */
#include "data/cifar_python.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "io/pickle_array.h"

#include <string.h>

static int find_pixels(struct rsl_pickle_array *a, struct rsl_arena *arena,
                       const struct rsl_pickle_value *root, size_t pixels) {
    const struct rsl_pickle_value *data = rsl_pickle_get(root, "data");
    if (!data) return rsl_fail(RSL_EFORMAT, "the pickle has no 'data'");
    int rc = rsl_pickle_array_form(a, data);
    if (rc == RSL_OK && a->dtype != RSL_u8)
        rc = rsl_fail(RSL_EFORMAT, "the array is of '%s', not of unsigned bytes",
                      rsl_dtype_name((int)a->dtype));
    if (rc == RSL_OK) rc = rsl_pickle_array(a, arena, data);
    if (rc < 0) return rsl_fail_in(rc, "data");
    if (a->shape.rank != 2 || a->shape.dim[1] != (int64_t)pixels || a->shape.dim[0] == 0)
        return rsl_fail(RSL_EFORMAT, "data: not some rows of %zu bytes", pixels);
    return RSL_OK;
}

/* Byte `column` of each record, from the list called `key`. */
static int put_labels(uint8_t *records, size_t record, int column, int64_t n,
                      const struct rsl_pickle_value *root, const char *key) {
    const struct rsl_pickle_value *list = rsl_pickle_get(root, key);
    if (!list || list->kind != RSL_PICKLE_LIST)
        return rsl_fail(RSL_EFORMAT, "the pickle has no list '%s'", key);
    if (list->items.n != (size_t)n)
        return rsl_fail(RSL_EFORMAT, "%s: %zu of them for %lld images", key, list->items.n,
                        (long long)n);
    for (int64_t i = 0; i < n; i++) {
        const struct rsl_pickle_value *label = list->items.at[i];
        if (label->kind != RSL_PICKLE_INT || label->i < 0 || label->i > UINT8_MAX)
            return rsl_fail(RSL_EFORMAT, "%s: item %lld is no label", key, (long long)i);
        records[(size_t)i * record + (size_t)column] = (uint8_t)label->i;
    }
    return RSL_OK;
}

static int to_records(const struct rsl_file *f, struct rsl_arena *arena, const char *const *keys,
                      int n_keys, size_t pixels, uint8_t **records, size_t *size) {
    struct rsl_pickle p;
    struct rsl_pickle_array a;
    RSL_TRY(rsl_pickle_parse(&p, arena, f->data, f->size, f->size));
    RSL_TRY(find_pixels(&a, arena, p.root, pixels));
    size_t record = (size_t)n_keys + pixels;
    *size = (size_t)a.shape.dim[0] * record;
    uint8_t *r = *records = rsl_malloc(*size);
    if (!r) return RSL_ENOMEM;
    for (int k = 0; k < n_keys; k++)
        RSL_TRY(put_labels(r, record, k, a.shape.dim[0], p.root, keys[k]));
    for (int64_t i = 0; i < a.shape.dim[0]; i++)
        memcpy(r + (size_t)i * record + n_keys, a.data + (size_t)i * pixels, pixels);
    return RSL_OK;
}

int rsl_cifar_python_read(const char *path, const char *const *keys, int n_keys, size_t pixels,
                          uint8_t **records, size_t *size) {
    struct rsl_file f;
    struct rsl_arena arena = RSL_ARENA_INIT;
    *records = NULL;
    RSL_TRY(rsl_file_open(&f, path));
    int rc = to_records(&f, &arena, keys, n_keys, pixels, records, size);
    if (rc < 0) {
        rsl_fail_in(rc, "%s", path);
        rsl_free(*records);
        *records = NULL;
    }
    rsl_arena_free(&arena);
    rsl_file_close(&f);
    return rc;
}
