/* See npy.h; the format is NumPy's NEP 1. */
#include "io/npy.h"

#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "io/zip.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_MAX = 65535, ALIGNMENT = 64 };

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

static const struct {
    const char *name;
    enum rsl_dtype dtype;
} dtypes[] = {
    {"<f4", RSL_f32}, {"<f8", RSL_f64}, {"<f2", RSL_f16}, {"<i8", RSL_i64},
    {"<i4", RSL_i32}, {"<i2", RSL_i16}, {"|i1", RSL_i8},  {"<u8", RSL_u64},
    {"<u4", RSL_u32}, {"<u2", RSL_u16}, {"|u1", RSL_u8},  {"|b1", RSL_bool},
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* The header is a Python literal; this much of the language is read. */
struct header {
    const char *at, *end;
    enum rsl_dtype dtype; /* none: see `words` */
    bool words;           /* texts or pickled objects, no numbers */
    bool fortran_order;
    struct rsl_shape shape;
    unsigned seen; /* bits of the keys met */
};

bool rsl_npy_dtype(const char *name, enum rsl_dtype *dtype) {
    for (int i = 0; i < DTYPES; i++)
        if (strcmp(dtypes[i].name + 1, name) == 0) {
            *dtype = dtypes[i].dtype;
            return true;
        }
    return false;
}

bool rsl_npy_detect(const uint8_t *data, size_t size) {
    return size >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

static void skip_space(struct header *h) {
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n')) h->at++;
}

static bool take(struct header *h, const char *token) {
    skip_space(h);
    size_t n = strlen(token);
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, token, n) != 0) return false;
    h->at += n;
    return true;
}

static int expect(struct header *h, const char *token) {
    if (take(h, token)) return RSL_OK;
    return rsl_fail(RSL_EFORMAT, "the header has '%.*s' where '%s' is expected",
                    (int)(h->end - h->at > 12 ? 12 : h->end - h->at), h->at, token);
}

/* A quoted text without escapes, cut out of the header. */
static int take_text(struct header *h, char *text, size_t size) {
    const char *quote = take(h, "'") ? "'" : "\"";
    if (*quote == '"') RSL_TRY(expect(h, quote));
    const char *end = memchr(h->at, *quote, (size_t)(h->end - h->at));
    size_t n = end ? (size_t)(end - h->at) : size;
    if (n >= size) return rsl_fail(RSL_EFORMAT, "a text of the header does not end");
    memcpy(text, h->at, n);
    text[n] = 0;
    h->at = end + 1;
    return RSL_OK;
}

/* "<U9", "|S3", "|O" */
static bool is_of_words(const char *descr) {
    return strchr("<>|=", descr[0]) && descr[0] && strchr("USO", descr[1]) && descr[1];
}

static int take_descr(struct header *h) {
    char text[32];
    if (take(h, "["))
        return rsl_fail(RSL_EUNSUPPORTED, "arrays of records (structured dtypes) are not read");
    RSL_TRY(take_text(h, text, sizeof text));
    for (int i = 0; i < DTYPES; i++)
        if (strcmp(dtypes[i].name, text) == 0) {
            h->dtype = dtypes[i].dtype;
            return RSL_OK;
        }
    h->words = is_of_words(text);
    if (h->words) return RSL_OK;
    const char *why = text[0] == '>' ? " (big endian)" : "";
    return rsl_fail(RSL_EUNSUPPORTED, "dtype '%s'%s is not supported", text, why);
}

static int take_order(struct header *h) {
    h->fortran_order = take(h, "True");
    return h->fortran_order ? RSL_OK : expect(h, "False");
}

static int take_dimension(struct header *h, int64_t *value) {
    skip_space(h);
    const char *start = h->at;
    int64_t n = 0;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
        n = n * 10 + (*h->at - '0');
        if (n > RSL_MAX_ELEMENTS) return rsl_fail(RSL_EFORMAT, "a dimension is too large");
    }
    if (h->at == start) return rsl_fail(RSL_EFORMAT, "a dimension is no natural number");
    take(h, "L"); /* Python 2 wrote long integers so */
    *value = n;
    return RSL_OK;
}

static int take_shape(struct header *h) {
    RSL_TRY(expect(h, "("));
    while (!take(h, ")")) {
        if (h->shape.rank == RSL_MAX_RANK)
            return rsl_fail(RSL_EUNSUPPORTED, "more than %d dimensions", RSL_MAX_RANK);
        RSL_TRY(take_dimension(h, &h->shape.dim[h->shape.rank++]));
        if (take(h, ",")) continue;
        RSL_TRY(expect(h, ")"));
        break;
    }
    return rsl_shape_check(&h->shape) < 0 ? RSL_EFORMAT : RSL_OK;
}

static int take_item(struct header *h) {
    static const struct {
        const char *key;
        int (*take)(struct header *h);
    } keys[] = {{"descr", take_descr}, {"fortran_order", take_order}, {"shape", take_shape}};
    char key[32];
    RSL_TRY(take_text(h, key, sizeof key));
    RSL_TRY(expect(h, ":"));
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(key, keys[i].key) != 0) continue;
        if (h->seen & 1u << i) return rsl_fail(RSL_EFORMAT, "the header has '%s' twice", key);
        h->seen |= 1u << i;
        return keys[i].take(h);
    }
    return rsl_fail(RSL_EFORMAT, "the header has the unknown key '%s'", key);
}

static int take_header(struct header *h) {
    RSL_TRY(expect(h, "{"));
    while (!take(h, "}")) {
        RSL_TRY(take_item(h));
        if (take(h, ",")) continue;
        RSL_TRY(expect(h, "}"));
        break;
    }
    skip_space(h);
    if (h->at != h->end) return rsl_fail(RSL_EFORMAT, "the header does not end with its '}'");
    if (h->seen != 7)
        return rsl_fail(RSL_EFORMAT, "the header lacks 'descr', 'fortran_order' or 'shape'");
    return RSL_OK;
}

/* Checks magic, version and length; sets the header's text and where the elements start. */
static int find_header(struct header *h, const uint8_t *data, size_t size, size_t *start) {
    if (!rsl_npy_detect(data, size)) return rsl_fail(RSL_EFORMAT, "does not start as .npy does");
    if (size < 12) return rsl_fail(RSL_EFORMAT, "ends within the header");
    if (data[6] < 1 || data[6] > 3 || data[7] != 0)
        return rsl_fail(RSL_EUNSUPPORTED, ".npy version %d.%d is not read", data[6], data[7]);
    size_t first = data[6] == 1 ? 10 : 12;
    uint32_t length = (uint32_t)data[8] | (uint32_t)data[9] << 8;
    if (data[6] > 1) length |= (uint32_t)data[10] << 16 | (uint32_t)data[11] << 24;
    if (length > HEADER_MAX)
        return rsl_fail(RSL_EFORMAT, "a header of %u bytes, at most %d are read", length,
                        HEADER_MAX);
    if (length > size - first) return rsl_fail(RSL_EFORMAT, "ends within the header");
    *h = (struct header){.at = (const char *)data + first};
    h->end = h->at + length;
    *start = first + length;
    return RSL_OK;
}

/* `words`: whether the array is of words, and nothing was added. */
static int parse(struct rsl_tensors *ts, const char *name, const uint8_t *data, size_t size,
                 bool *words) {
    struct header h;
    size_t start;
    RSL_TRY(find_header(&h, data, size, &start));
    RSL_TRY(take_header(&h));
    *words = h.words;
    if (h.words) return RSL_OK;
    struct rsl_tensor t = {.dtype = h.dtype, .shape = h.shape};
    if (size - start != rsl_tensor_bytes(&t)) {
        char shape[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_EFORMAT, "%s %s needs %zu bytes, there are %zu",
                        rsl_dtype_name((int)t.dtype), rsl_shape_text(&t.shape, shape),
                        rsl_tensor_bytes(&t), size - start);
    }
    /* Row-major strides, or column-major ones: the first index runs fastest. */
    int64_t strides[RSL_MAX_RANK];
    for (int i = 0; i < t.shape.rank; i++)
        strides[i] = h.fortran_order ? rsl_shape_span(&t.shape, 0, i)
                                     : rsl_shape_span(&t.shape, i + 1, t.shape.rank);
    RSL_TRY(rsl_tensors_place_strided(ts, &t, data + start, strides));
    return rsl_tensors_add(ts, name, &t);
}

int rsl_npy_parse(struct rsl_tensors *ts, const char *name, const uint8_t *data, size_t size) {
    bool words;
    if (!ts->unpacked_limit) rsl_tensors_limit(ts, size);
    int rc = parse(ts, name, data, size, &words);
    if (rc == RSL_OK && words)
        rc = rsl_fail(RSL_EUNSUPPORTED, "it holds texts or objects, no numbers");
    return rc < 0 ? rsl_fail_in(rc, "array '%s'", name) : RSL_OK;
}

static const char *descr(enum rsl_dtype dtype) {
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].dtype == dtype) return dtypes[i].name;
    return NULL;
}

/* Version 1.0, padded with spaces and a newline to a multiple of 64 as NumPy does. */
static int write_header(struct rsl_text *out, const struct rsl_tensor *t) {
    struct rsl_text text = {0};
    rsl_text_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr(t->dtype));
    for (int i = 0; i < t->shape.rank; i++)
        rsl_text_printf(&text, "%s%" PRId64, i ? ", " : "", t->shape.dim[i]);
    rsl_text_puts(&text, t->shape.rank == 1 ? ",), }" : "), }");
    size_t length = (10 + text.n + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - 10;
    const char start[4] = {1, 0, (char)(length & 255), (char)(length >> 8)};
    rsl_text_add(out, magic, sizeof magic);
    rsl_text_add(out, start, sizeof start);
    rsl_text_add(out, text.at, text.n);
    rsl_text_printf(out, "%*s\n", (int)(length - text.n - 1), "");
    int rc = text.status < 0 ? text.status : out->status;
    rsl_text_free(&text);
    return rc;
}

int rsl_npy_write(const struct rsl_tensor *t, const char *path) {
    if (!descr(t->dtype))
        return rsl_fail(RSL_EUNSUPPORTED, "%s: .npy has no dtype for %s", path,
                        rsl_dtype_name((int)t->dtype));
    struct rsl_text header = {0};
    struct rsl_writer w;
    int rc;
    RSL_GOTO(write_header(&header, t));
    RSL_GOTO(rsl_writer_open(&w, path));
    rsl_writer_add(&w, header.at, header.n);
    rsl_writer_add(&w, t->data, rsl_tensor_bytes(t));
    rc = rsl_writer_commit(&w);
out:
    rsl_text_free(&header);
    return rc;
}

static int read_entry(struct rsl_tensors *ts, const struct rsl_zip *z, size_t i) {
    const char *entry = rsl_zip_name(z, i);
    size_t length = strlen(entry), size;
    if (length < 5 || strcmp(entry + length - 4, ".npy") != 0)
        return rsl_fail(RSL_EFORMAT, "zip entry '%s' is no .npy array", entry);
    const char *name = rsl_arena_strndup(&ts->arena, entry, length - 4);
    if (!name) return RSL_ENOMEM;
    const uint8_t *data;
    bool words;
    RSL_TRY(rsl_zip_read(z, i, ts, &data, &size));
    int rc = parse(ts, name, data, size, &words);
    if (rc < 0) return rsl_fail_in(rc, "array '%s'", name);
    if (words) rsl_log(RSL_LOG_DEBUG, "array '%s' holds no numbers and is passed over", name);
    return RSL_OK;
}

int rsl_npz_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    struct rsl_zip z;
    rsl_tensors_limit(ts, size);
    RSL_TRY(rsl_zip_open(&z, data, size));
    int rc = RSL_OK;
    for (size_t i = 0; i < rsl_zip_count(&z) && rc == RSL_OK; i++)
        if (rsl_zip_is_file(&z, i)) rc = read_entry(ts, &z, i);
    rsl_zip_close(&z);
    return rc;
}
