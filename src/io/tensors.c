/* See tensors.h. */
#include "io/tensors.h"

#include "base/status.h"
#include "base/vec.h"

#include <string.h>

void rsl_tensors_free(struct rsl_tensors *ts) {
    rsl_free(ts->at);
    rsl_free(ts->meta.at);
    rsl_map_free(&ts->names);
    rsl_arena_free(&ts->arena);
    rsl_file_close(&ts->file);
    *ts = (struct rsl_tensors)RSL_TENSORS_INIT;
}

int rsl_tensors_add(struct rsl_tensors *ts, const char *name, const struct rsl_tensor *tensor) {
    size_t length = strlen(name);
    if (length == 0) return rsl_fail(RSL_EFORMAT, "a tensor has an empty name");
    if (length > RSL_TENSOR_NAME_MAX)
        return rsl_fail(RSL_EFORMAT, "tensor name '%.40s...' has %zu bytes, at most %d are read",
                        name, length, RSL_TENSOR_NAME_MAX);
    if (rsl_map_get(&ts->names, name) >= 0)
        return rsl_fail(RSL_EFORMAT, "tensor '%s' is there twice", name);
    struct rsl_named_tensor named = {rsl_arena_strdup(&ts->arena, name), *tensor};
    if (!named.name) return RSL_ENOMEM;
    RSL_TRY(rsl_vec_push(ts, named));
    int rc = rsl_map_set(&ts->names, named.name, (int64_t)ts->n - 1);
    if (rc < 0) ts->n--;
    return rc;
}

const struct rsl_tensor *rsl_tensors_find(const struct rsl_tensors *ts, const char *name) {
    int64_t i = rsl_map_get(&ts->names, name);
    return i < 0 ? NULL : &ts->at[i].tensor;
}

int64_t rsl_tensors_drop(struct rsl_tensors *ts, const char *pattern, size_t length) {
    bool open = length && pattern[length - 1] == '*';
    size_t compared = open ? length - 1 : length, n = 0, before = ts->n;
    rsl_map_free(&ts->names);
    for (size_t i = 0; i < before; i++) {
        const char *name = ts->at[i].name;
        if (strncmp(name, pattern, compared) == 0 && (open || !name[compared])) continue;
        ts->at[n++] = ts->at[i];
    }
    ts->n = n;
    for (size_t i = 0; i < n; i++) RSL_TRY(rsl_map_set(&ts->names, ts->at[i].name, (int64_t)i));
    return (int64_t)(before - n);
}

int rsl_tensors_set_meta(struct rsl_tensors *ts, const char *key, const char *value) {
    const char *copy = rsl_arena_strdup(&ts->arena, value);
    if (!copy) return RSL_ENOMEM;
    for (size_t i = 0; i < ts->meta.n; i++)
        if (strcmp(ts->meta.at[i].key, key) == 0) {
            ts->meta.at[i].value = copy;
            return RSL_OK;
        }
    struct rsl_tensors_meta meta = {rsl_arena_strdup(&ts->arena, key), copy};
    return meta.key ? rsl_vec_push(&ts->meta, meta) : RSL_ENOMEM;
}

const char *rsl_tensors_meta(const struct rsl_tensors *ts, const char *key) {
    for (size_t i = 0; i < ts->meta.n; i++)
        if (strcmp(ts->meta.at[i].key, key) == 0) return ts->meta.at[i].value;
    return NULL;
}

void rsl_tensors_limit(struct rsl_tensors *ts, size_t size) {
    size_t base = (size_t)64 << 20;
    ts->unpacked_limit = size > (SIZE_MAX - base) / 16 ? SIZE_MAX : base + size * 16;
}

int rsl_tensors_unpack(struct rsl_tensors *ts, size_t size, void **data) {
    if (size > ts->unpacked_limit - ts->unpacked)
        return rsl_fail(RSL_EFORMAT,
                        "the data unpack to more than %zu bytes, too much for this file",
                        ts->unpacked_limit);
    *data = rsl_arena_alloc(&ts->arena, size);
    if (!*data) return RSL_ENOMEM;
    ts->unpacked += size;
    return RSL_OK;
}

static bool is_dense(const struct rsl_tensor *t, const int64_t *strides) {
    int64_t expected = 1;
    for (int i = t->shape.rank - 1; i >= 0; i--) {
        if (t->shape.dim[i] != 1 && strides[i] != expected) return false;
        expected *= t->shape.dim[i];
    }
    return true;
}

/* Copies element after element in row-major order, counting up like an odometer. */
static void gather(struct rsl_tensor *t, const uint8_t *bytes, const int64_t *strides) {
    size_t item = rsl_dtype_bytes((int)t->dtype);
    int64_t n = rsl_tensor_count(t), index[RSL_MAX_RANK] = {0}, at = 0;
    uint8_t *out = t->data;
    for (int64_t i = 0; i < n; i++, out += item) {
        memcpy(out, bytes + (size_t)at * item, item);
        for (int axis = t->shape.rank - 1; axis >= 0; axis--) {
            at += strides[axis];
            if (++index[axis] < t->shape.dim[axis]) break;
            at -= strides[axis] * t->shape.dim[axis];
            index[axis] = 0;
        }
    }
}

int rsl_tensors_place(struct rsl_tensors *ts, struct rsl_tensor *t, const uint8_t *bytes) {
    size_t size = rsl_tensor_bytes(t);
    if ((uintptr_t)bytes % rsl_dtype_bytes((int)t->dtype) == 0) {
        t->data = (void *)(uintptr_t)bytes;
        return RSL_OK;
    }
    RSL_TRY(rsl_tensors_unpack(ts, rsl_tensor_bytes(t), &t->data));
    if (size) memcpy(t->data, bytes, size);
    return RSL_OK;
}

int rsl_tensors_place_strided(struct rsl_tensors *ts, struct rsl_tensor *t, const uint8_t *bytes,
                              const int64_t strides[RSL_MAX_RANK]) {
    if (rsl_tensor_count(t) == 0 || is_dense(t, strides)) return rsl_tensors_place(ts, t, bytes);
    RSL_TRY(rsl_tensors_unpack(ts, rsl_tensor_bytes(t), &t->data));
    gather(t, bytes, strides);
    return RSL_OK;
}
