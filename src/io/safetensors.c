/* See safetensors.h; the specification is the README of huggingface/safetensors. */
#include "io/safetensors.h"

#include "base/json.h"
#include "base/status.h"
#include "base/vec.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, HEADER_MAX = 16 << 20 };

static const struct {
    const char *name;
    enum rsl_dtype dtype;
} dtypes[] = {
    {"F32", RSL_f32}, {"F16", RSL_f16}, {"BF16", RSL_bf16}, {"F64", RSL_f64}, {"I64", RSL_i64},
    {"I32", RSL_i32}, {"I16", RSL_i16}, {"I8", RSL_i8},     {"U8", RSL_u8},   {"BOOL", RSL_bool},
    {"U16", RSL_u16}, {"U32", RSL_u32}, {"U64", RSL_u64},
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* Where a tensor's bytes lie in the data part. */
struct range {
    const char *name;
    uint64_t begin, end;
};

static uint64_t header_length(const uint8_t *data) {
    uint64_t n = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) n = n << 8 | data[i];
    return n;
}

bool rsl_safetensors_detect(const uint8_t *data, size_t size) {
    return size > LENGTH_BYTES && data[LENGTH_BYTES] == '{' &&
           header_length(data) <= (uint64_t)1 << 32;
}

static int read_dtype(const char *name, json_t *item, enum rsl_dtype *dtype) {
    const char *text = json_string_value(json_object_get(item, "dtype"));
    if (!text) return rsl_fail(RSL_EFORMAT, "tensor '%s' has no dtype", name);
    for (int i = 0; i < DTYPES; i++)
        if (strcmp(dtypes[i].name, text) == 0) {
            *dtype = dtypes[i].dtype;
            return RSL_OK;
        }
    return rsl_fail(RSL_EUNSUPPORTED, "tensor '%s' has dtype '%s', which is not supported", name,
                    text);
}

static int read_shape(const char *name, json_t *item, struct rsl_shape *shape) {
    json_t *dims = json_object_get(item, "shape");
    if (!json_is_array(dims)) return rsl_fail(RSL_EFORMAT, "tensor '%s' has no shape", name);
    size_t rank = json_array_size(dims);
    if (rank > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "tensor '%s' has %zu dimensions, at most %d are read",
                        name, rank, RSL_MAX_RANK);
    *shape = (struct rsl_shape){.rank = (int)rank};
    for (size_t i = 0; i < rank; i++) {
        json_t *d = json_array_get(dims, i);
        if (!json_is_integer(d) || json_integer_value(d) < 0)
            return rsl_fail(RSL_EFORMAT, "tensor '%s': dimension %zu is no natural number", name,
                            i);
        shape->dim[i] = json_integer_value(d);
    }
    int rc = rsl_shape_check(shape);
    return rc < 0 ? rsl_fail_in(RSL_EFORMAT, "tensor '%s'", name) : RSL_OK;
}

static int read_range(const char *name, json_t *item, size_t space, struct range *r) {
    json_t *offsets = json_object_get(item, "data_offsets");
    json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return rsl_fail(RSL_EFORMAT, "tensor '%s' has no pair of data_offsets", name);
    json_int_t b = json_integer_value(begin), e = json_integer_value(end);
    if (b < 0 || e < b || (uint64_t)e > space)
        return rsl_fail(RSL_EFORMAT,
                        "tensor '%s' lies at bytes %" PRId64 " to %" PRId64 " of %zu data bytes",
                        name, (int64_t)b, (int64_t)e, space);
    *r = (struct range){name, (uint64_t)b, (uint64_t)e};
    return RSL_OK;
}

static int read_tensor(struct rsl_tensors *ts, const char *name, json_t *item, const uint8_t *data,
                       size_t space, struct range *r) {
    struct rsl_tensor t = {0};
    if (!json_is_object(item))
        return rsl_fail(RSL_EFORMAT, "tensor '%s' is not described by an object", name);
    RSL_TRY(read_dtype(name, item, &t.dtype));
    RSL_TRY(read_shape(name, item, &t.shape));
    RSL_TRY(read_range(name, item, space, r));
    if (r->end - r->begin != rsl_tensor_bytes(&t)) {
        char shape[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_EFORMAT, "tensor '%s' of %s %s needs %zu bytes, its range has %" PRIu64,
                        name, rsl_dtype_name((int)t.dtype), rsl_shape_text(&t.shape, shape),
                        rsl_tensor_bytes(&t), r->end - r->begin);
    }
    RSL_TRY(rsl_tensors_place(ts, &t, data + r->begin));
    return rsl_tensors_add(ts, name, &t);
}

static int read_metadata(struct rsl_tensors *ts, json_t *object) {
    const char *key;
    json_t *value;
    if (!json_is_object(object)) return rsl_fail(RSL_EFORMAT, "__metadata__ is not an object");
    json_object_foreach(object, key, value) {
        if (!json_is_string(value))
            return rsl_fail(RSL_EFORMAT, "__metadata__ '%s' is not a text", key);
        RSL_TRY(rsl_tensors_set_meta(ts, key, json_string_value(value)));
    }
    return RSL_OK;
}

static int by_begin(const void *a, const void *b) {
    const struct range *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Sorted, every range must start where the one before ended: neither holes nor overlaps. */
static int check_ranges(struct range *r, size_t n, size_t space) {
    uint64_t end = 0;
    if (n) qsort(r, n, sizeof *r, by_begin);
    for (size_t i = 0; i < n; i++) {
        if (r[i].begin != end)
            return rsl_fail(RSL_EFORMAT,
                            "tensor '%s' starts at byte %" PRIu64
                            " where the one before it ends at"
                            " %" PRIu64,
                            r[i].name, r[i].begin, end);
        end = r[i].end;
    }
    if (end != space)
        return rsl_fail(RSL_EFORMAT, "the tensors end at data byte %" PRIu64 " of %zu", end, space);
    return RSL_OK;
}

static int read_header(struct rsl_tensors *ts, json_t *header, const uint8_t *data, size_t space) {
    if (!json_is_object(header)) return rsl_fail(RSL_EFORMAT, "the header is not a JSON object");
    struct range *ranges = rsl_calloc(json_object_size(header), sizeof *ranges);
    if (!ranges) return RSL_ENOMEM;
    int rc = RSL_OK;
    size_t n = 0;
    const char *name;
    json_t *item;
    json_object_foreach(header, name, item) {
        if (strcmp(name, "__metadata__") == 0)
            rc = read_metadata(ts, item);
        else
            rc = read_tensor(ts, name, item, data, space, &ranges[n++]);
        if (rc < 0) goto out;
    }
    rc = check_ranges(ranges, n, space);
out:
    rsl_free(ranges);
    return rc;
}

int rsl_safetensors_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    if (size < LENGTH_BYTES)
        return rsl_fail(RSL_EFORMAT, "%zu bytes are too few for a safetensors file", size);
    uint64_t length = header_length(data);
    if (length > HEADER_MAX)
        return rsl_fail(RSL_EFORMAT, "a header of %" PRIu64 " bytes, at most %d are read", length,
                        HEADER_MAX);
    if (length > size - LENGTH_BYTES)
        return rsl_fail(RSL_EFORMAT, "a header of %" PRIu64 " bytes in a file of %zu", length,
                        size);
    json_error_t error;
    rsl_tensors_limit(ts, size);
    json_t *header = json_loadb((const char *)data + LENGTH_BYTES, (size_t)length,
                                JSON_REJECT_DUPLICATES, &error);
    if (!header)
        return rsl_fail(RSL_EFORMAT, "the header is no JSON at byte %d: %s", error.position,
                        error.text);
    size_t start = LENGTH_BYTES + (size_t)length;
    int rc = read_header(ts, header, data + start, size - start);
    json_decref(header);
    return rc;
}

static const char *dtype_name(enum rsl_dtype dtype) {
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].dtype == dtype) return dtypes[i].name;
    return NULL;
}

static void write_entry(struct rsl_json *j, const struct rsl_named_tensor *named, int64_t begin) {
    const struct rsl_tensor *t = &named->tensor;
    rsl_json_key(j, named->name);
    rsl_json_object(j);
    rsl_json_key(j, "dtype");
    rsl_json_string(j, dtype_name(t->dtype));
    rsl_json_key(j, "shape");
    rsl_json_array(j);
    for (int i = 0; i < t->shape.rank; i++) rsl_json_int(j, t->shape.dim[i]);
    rsl_json_end(j);
    rsl_json_key(j, "data_offsets");
    rsl_json_array(j);
    rsl_json_int(j, begin);
    rsl_json_int(j, begin + (int64_t)rsl_tensor_bytes(t));
    rsl_json_end(j);
    rsl_json_end(j);
}

/* The header, padded with spaces so that the data start at a multiple of 8. */
static int write_header(struct rsl_text *out, const struct rsl_tensors *ts,
                        const struct rsl_named_tensor *const *order) {
    struct rsl_json j = {0};
    rsl_json_object(&j);
    if (ts->meta.n) {
        rsl_json_key(&j, "__metadata__");
        rsl_json_object(&j);
        for (size_t i = 0; i < ts->meta.n; i++) {
            rsl_json_key(&j, ts->meta.at[i].key);
            rsl_json_string(&j, ts->meta.at[i].value);
        }
        rsl_json_end(&j);
    }
    int64_t begin = 0;
    for (size_t i = 0; i < ts->n; i++) {
        write_entry(&j, order[i], begin);
        begin += (int64_t)rsl_tensor_bytes(&order[i]->tensor);
    }
    rsl_json_end(&j);
    while (j.text.status == RSL_OK && j.text.n % 8) rsl_text_add(&j.text, " ", 1);
    *out = j.text;
    return rsl_json_status(&j);
}

/* By falling element size, else in the list's order. */
static void sort(const struct rsl_tensors *ts, const struct rsl_named_tensor **order) {
    size_t n = 0;
    for (size_t bytes = 8; bytes > 0; bytes /= 2)
        for (size_t i = 0; i < ts->n; i++)
            if (rsl_dtype_bytes((int)ts->at[i].tensor.dtype) == bytes) order[n++] = &ts->at[i];
}

int rsl_safetensors_write(const struct rsl_tensors *ts, const char *path) {
    struct rsl_text header = {0};
    struct rsl_writer w = {.fd = -1};
    int rc = RSL_ENOMEM;
    const struct rsl_named_tensor **order = rsl_calloc(ts->n, sizeof *order);
    if (!order) goto out;
    sort(ts, order);
    RSL_GOTO(write_header(&header, ts, order));
    if (header.n > HEADER_MAX) {
        rc = rsl_fail(RSL_EUNSUPPORTED, "%s: a header of %zu bytes, at most %d are written", path,
                      header.n, HEADER_MAX);
        goto out;
    }
    RSL_GOTO(rsl_writer_open(&w, path));
    uint8_t length[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) length[i] = (uint8_t)((uint64_t)header.n >> 8 * i);
    rsl_writer_add(&w, length, sizeof length);
    rsl_writer_add(&w, header.at, header.n);
    for (size_t i = 0; i < ts->n; i++)
        rsl_writer_add(&w, order[i]->tensor.data, rsl_tensor_bytes(&order[i]->tensor));
    rc = rsl_writer_commit(&w);
out:
    rsl_free(order);
    rsl_text_free(&header);
    return rc;
}
