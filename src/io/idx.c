/* See idx.h. Compressed files are inflated straight into one block whose size the header states;
 * the statement is believed only as far as deflate's best ratio makes it possible. */
#include "io/idx.h"

#include "base/alloc.h"
#include "base/status.h"
#include "io/zip.h"

#include <string.h>
#include <zlib.h>

enum { HEADER = 4 + 4 * RSL_IDX_RANK };

/* Reads the header from `n` >= 4 bytes. Returns its length or a negative status. */
static int parse_header(struct rsl_idx *idx, const uint8_t *h, size_t n, const char *name) {
    if (n < 4 || h[0] != 0 || h[1] != 0)
        return rsl_fail(RSL_EFORMAT, "%s: is no IDX file: it does not start with two zeros", name);
    if (h[2] != 8)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s: IDX element type 0x%02x; only unsigned bytes (0x08) are read", name,
                        h[2]);
    if (h[3] < 1 || h[3] > RSL_IDX_RANK)
        return rsl_fail(RSL_EFORMAT, "%s: IDX file of %d dimensions; 1 to %d are read", name, h[3],
                        RSL_IDX_RANK);
    idx->rank = h[3];
    size_t length = 4 + 4 * (size_t)h[3];
    if (n < length) return rsl_fail(RSL_EFORMAT, "%s: ends inside its IDX header", name);
    idx->size = 1;
    for (int k = 0; k < idx->rank; k++) {
        const uint8_t *b = h + 4 + 4 * k;
        idx->dim[k] = (int64_t)((uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]);
        if (idx->dim[k] && idx->size > INT64_MAX / 2 / idx->dim[k])
            return rsl_fail(RSL_EFORMAT, "%s: IDX dimensions whose product overflows", name);
        idx->size *= idx->dim[k];
    }
    return (int)length;
}

static int parse_plain(struct rsl_idx *idx, const uint8_t *bytes, size_t n, const char *name) {
    int header = parse_header(idx, bytes, n, name);
    if (header < 0) return header;
    if ((uint64_t)idx->size != n - (size_t)header)
        return rsl_fail(RSL_EFORMAT, "%s: holds %zu bytes of data, its IDX header states %lld",
                        name, n - (size_t)header, (long long)idx->size);
    idx->data = bytes + header;
    return RSL_OK;
}

/* zlib's memory goes through ours so that the tests can refuse it. */
static voidpf zlib_alloc(voidpf opaque, uInt items, uInt size) {
    (void)opaque;
    return rsl_calloc(items, size);
}

static void zlib_free(voidpf opaque, voidpf p) {
    (void)opaque;
    rsl_free(p);
}

/* Fills exactly `want` bytes at `out`. */
static int inflate_exactly(z_stream *z, uint8_t *out, size_t want, const char *name) {
    while (want) {
        uInt step = want < 1u << 30 ? (uInt)want : 1u << 30;
        z->next_out = out;
        z->avail_out = step;
        int code = inflate(z, Z_NO_FLUSH);
        size_t got = step - z->avail_out;
        out += got;
        want -= got;
        if (code == Z_MEM_ERROR) return rsl_fail(RSL_ENOMEM, "out of memory");
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return rsl_fail(RSL_EFORMAT, "%s: broken gzip data: %s", name, z->msg ? z->msg : "?");
        if (want && (code == Z_STREAM_END || (got == 0 && z->avail_in == 0)))
            return rsl_fail(RSL_EFORMAT, "%s: gzip data end %zu bytes too early", name, want);
    }
    return RSL_OK;
}

/* The stream must end here, its checksum right and nothing behind it. */
static int inflate_end(z_stream *z, const char *name) {
    uint8_t beyond;
    z->next_out = &beyond;
    z->avail_out = 1;
    int code = inflate(z, Z_FINISH);
    if (z->avail_out == 0)
        return rsl_fail(RSL_EFORMAT, "%s: holds more data than its IDX header states", name);
    if (code != Z_STREAM_END)
        return rsl_fail(RSL_EFORMAT, "%s: gzip data are %s", name,
                        code == Z_DATA_ERROR ? "corrupt: their checksum is wrong" : "truncated");
    if (z->avail_in)
        return rsl_fail(RSL_EFORMAT, "%s: has %u bytes after its gzip data", name, z->avail_in);
    return RSL_OK;
}

static int inflate_file(struct rsl_idx *idx, z_stream *z, size_t packed, const char *name) {
    uint8_t head[HEADER];
    RSL_TRY(inflate_exactly(z, head, 4, name));
    size_t rank = head[3] <= RSL_IDX_RANK ? head[3] : 0;
    RSL_TRY(inflate_exactly(z, head + 4, 4 * rank, name));
    int header = parse_header(idx, head, 4 + 4 * rank, name);
    if (header < 0) return header;
    if ((uint64_t)idx->size / RSL_DEFLATE_RATIO > packed)
        return rsl_fail(RSL_EFORMAT,
                        "%s: its IDX header states %lld bytes, which %zu packed bytes "
                        "cannot hold",
                        name, (long long)idx->size, packed);
    idx->inflated = rsl_malloc((size_t)idx->size);
    if (!idx->inflated) return RSL_ENOMEM;
    RSL_TRY(inflate_exactly(z, idx->inflated, (size_t)idx->size, name));
    idx->data = idx->inflated;
    return inflate_end(z, name);
}

static int parse_gzip(struct rsl_idx *idx, const uint8_t *bytes, size_t n, const char *name) {
    if (n > UINT32_MAX) return rsl_fail(RSL_EUNSUPPORTED, "%s: is larger than 4 GB", name);
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return rsl_fail(RSL_ENOMEM, "out of memory");
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)n;
    int rc = inflate_file(idx, &z, n, name);
    inflateEnd(&z);
    return rc;
}

int rsl_idx_parse(struct rsl_idx *idx, const uint8_t *bytes, size_t n, const char *name) {
    *idx = (struct rsl_idx){0};
    bool gzip = n >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    int rc = gzip ? parse_gzip(idx, bytes, n, name) : parse_plain(idx, bytes, n, name);
    if (rc < 0) rsl_idx_close(idx);
    return rc;
}

int rsl_idx_open(struct rsl_idx *idx, const char *path) {
    struct rsl_file file;
    *idx = (struct rsl_idx){0};
    RSL_TRY(rsl_file_open(&file, path));
    int rc = rsl_idx_parse(idx, file.data, file.size, path);
    if (rc < 0 || idx->inflated)
        rsl_file_close(&file);
    else
        idx->file = file;
    return rc;
}

void rsl_idx_close(struct rsl_idx *idx) {
    rsl_free(idx->inflated);
    if (idx->file.data) rsl_file_close(&idx->file);
    *idx = (struct rsl_idx){0};
}
