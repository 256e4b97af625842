/* IDX files, plain and gzip, and the sets made of them: MNIST and Fashion-MNIST. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include "base/file.h"
#include "io/idx.h"
#include "resile/data.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/resile-idx-XXXXXX";

/* gzip of `n` bytes; returns the packed length. */
static size_t pack(const uint8_t *bytes, size_t n, uint8_t *out, size_t room) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t length = room - z.avail_out;
    deflateEnd(&z);
    return length;
}

/* [3,2,4] of 0..23 */
static const uint8_t cube[16 + 24] = {0,  0,  8,  3,  0,  0,  0,  3,  0,  0,  0,  2, 0,  0,
                                      0,  4,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11,
                                      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};

static void check_cube(const struct rsl_idx *idx) {
    assert_int_equal(idx->rank, 3);
    assert_int_equal(idx->dim[0], 3);
    assert_int_equal(idx->dim[1], 2);
    assert_int_equal(idx->dim[2], 4);
    assert_int_equal(idx->size, 24);
    for (int k = 0; k < 24; k++) assert_int_equal(idx->data[k], k);
}

static void test_plain_and_packed(void **state) {
    (void)state;
    struct rsl_idx idx;
    check_ok(rsl_idx_parse(&idx, cube, sizeof cube, "cube"));
    check_cube(&idx);
    rsl_idx_close(&idx);
    uint8_t packed[200];
    size_t n = pack(cube, sizeof cube, packed, sizeof packed);
    check_ok(rsl_idx_parse(&idx, packed, n, "cube.gz"));
    check_cube(&idx);
    rsl_idx_close(&idx);
}

static void test_every_truncation_is_refused(void **state) {
    (void)state;
    struct rsl_idx idx;
    uint8_t packed[200];
    size_t n = pack(cube, sizeof cube, packed, sizeof packed);
    for (size_t k = 0; k < sizeof cube; k++)
        check_fails(rsl_idx_parse(&idx, cube, k, "cube"), RSL_EFORMAT, "cube");
    for (size_t k = 0; k < n; k++)
        check_fails(rsl_idx_parse(&idx, packed, k, "cube.gz"), RSL_EFORMAT, "cube.gz");
    packed[n] = 0;
    check_fails(rsl_idx_parse(&idx, packed, n + 1, "cube.gz"), RSL_EFORMAT, "after its gzip data");
}

/* A flipped bit may change pixels of a plain file, but never what is read beyond it; in a packed
 * file the checksum finds it, unless the bit means nothing (gzip's time stamp, the last padding).
 */
static void test_every_bit_flip_is_survived(void **state) {
    (void)state;
    struct rsl_idx idx;
    uint8_t packed[200], bytes[200];
    size_t n = pack(cube, sizeof cube, packed, sizeof packed);
    for (size_t bit = 0; bit < 8 * sizeof cube; bit++) {
        memcpy(bytes, cube, sizeof cube);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = rsl_idx_parse(&idx, bytes, sizeof cube, "cube");
        assert_true(rc == RSL_OK || bit < 8 * 16);
        if (rc == RSL_OK) rsl_idx_close(&idx);
    }
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(bytes, packed, n);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = rsl_idx_parse(&idx, bytes, n, "cube.gz");
        if (rc == RSL_OK) {
            check_cube(&idx);
            rsl_idx_close(&idx);
        }
    }
}

static void test_hostile_headers(void **state) {
    (void)state;
    struct rsl_idx idx;
    uint8_t bytes[200], packed[400];
    memcpy(bytes, cube, sizeof cube);
    memset(bytes + 4, 0xff, 12); /* 2^96 bytes */
    check_fails(rsl_idx_parse(&idx, bytes, sizeof cube, "x"), RSL_EFORMAT, "overflow");
    memset(bytes + 12, 0, 4); /* 2^64 * 0 */
    check_fails(rsl_idx_parse(&idx, bytes, sizeof cube, "x"), RSL_EFORMAT, "overflow");
    memcpy(bytes + 4, (uint8_t[]){0, 0xff, 0xff, 0xff, 0, 0, 1, 0, 0, 0, 1, 0}, 12); /* 1 TB */
    size_t n = pack(bytes, sizeof cube, packed, sizeof packed);
    check_fails(rsl_idx_parse(&idx, packed, n, "x"), RSL_EFORMAT, "cannot hold");
    memcpy(bytes + 4, (uint8_t[]){0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 4}, 12);
    n = pack(bytes, sizeof cube, packed, sizeof packed);
    check_fails(rsl_idx_parse(&idx, packed, n, "x"), RSL_EFORMAT, "more data than");
    check_fails(rsl_idx_parse(&idx, bytes, sizeof cube, "x"), RSL_EFORMAT, "24 bytes of data");
    bytes[2] = 0x0d;
    check_fails(rsl_idx_parse(&idx, bytes, sizeof cube, "x"), RSL_EUNSUPPORTED, "0x0d");
    bytes[2] = 8;
    bytes[3] = 5;
    check_fails(rsl_idx_parse(&idx, bytes, sizeof cube, "x"), RSL_EFORMAT, "5 dimensions");
    n = pack(bytes, sizeof cube, packed, sizeof packed);
    check_fails(rsl_idx_parse(&idx, packed, n, "x"), RSL_EFORMAT, "5 dimensions");
}

/* ---- the sets ---- */

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *spec(void) {
    static char text[300];
    snprintf(text, sizeof text, "fashion-mnist:%s", folder);
    return text;
}

static void write_labels(int n, const char *name) {
    uint8_t labels[8 + 8] = {0, 0, 8, 1, 0, 0, 0, (uint8_t)n, 7, 0, 9, 1, 1, 1, 1, 1};
    check_ok(rsl_file_write(in_folder(name), labels, 8 + (size_t)n));
}

static void test_set(void **state) {
    (void)state;
    struct rsl_data *d;
    check_fails(rsl_data_open(&d, spec(), NULL), RSL_ENOTFOUND, "t10k-images-idx3-ubyte");
    uint8_t packed[200], pixels[16];
    size_t n = pack(cube, sizeof cube, packed, sizeof packed);
    check_ok(rsl_file_write(in_folder("t10k-images-idx3-ubyte.gz"), packed, n));
    check_fails(rsl_data_open(&d, spec(), NULL), RSL_ENOTFOUND, "t10k-labels-idx1-ubyte");
    write_labels(3, "t10k-labels-idx1-ubyte");
    check_ok(rsl_data_open(&d, spec(), NULL));
    assert_int_equal(rsl_data_count(d), 3);
    assert_string_equal(rsl_data_class_name(d, rsl_data_label(d, 0)), "Sneaker");
    int shape[3], labels[2];
    rsl_data_shape(d, shape);
    assert_true(shape[0] == 1 && shape[1] == 2 && shape[2] == 4);
    check_ok(rsl_data_read(d, 1, 2, pixels, labels));
    assert_memory_equal(pixels, cube + 16 + 8, 16);
    assert_true(labels[0] == 0 && labels[1] == 9);
    check_ok(rsl_data_image(d, 2, shape, pixels, 8));
    assert_memory_equal(pixels, cube + 16 + 16, 8);
    check_fails(rsl_data_image(d, 2, shape, pixels, 7), RSL_EARG, "the buffer 7");
    rsl_data_close(d);

    /* with the dot that some programs unpack to */
    unlink(in_folder("t10k-labels-idx1-ubyte"));
    write_labels(3, "t10k-labels.idx1-ubyte");
    check_ok(rsl_data_open(&d, spec(), NULL));
    assert_int_equal(rsl_data_label(d, 0), 7);
    rsl_data_close(d);
    unlink(in_folder("t10k-labels.idx1-ubyte"));

    write_labels(4, "t10k-labels-idx1-ubyte");
    check_fails(rsl_data_open(&d, spec(), NULL), RSL_EFORMAT, "3 images but 4 labels");
    check_ok(rsl_file_write(in_folder("t10k-labels-idx1-ubyte"), cube, sizeof cube));
    check_fails(rsl_data_open(&d, spec(), NULL), RSL_EFORMAT, "3 dimensions");
    uint8_t bad[11] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 10, 9};
    check_ok(rsl_file_write(in_folder("t10k-labels-idx1-ubyte"), bad, sizeof bad));
    check_fails(rsl_data_open(&d, spec(), NULL), RSL_EFORMAT, "image 1 has label 10");
    check_ok(rsl_file_write(in_folder("t10k-images-idx3-ubyte.gz"), packed, n - 9));
    check_fails(rsl_data_open(&d, spec(), NULL), RSL_EFORMAT, "ubyte.gz");
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_packed),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_bit_flip_is_survived),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_set),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
