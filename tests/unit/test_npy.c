/* .npy and .npz against files that NumPy wrote (tests/data/make_arrays.py). */
#include "check.h"
#include "made_zip.h"

#include "base/alloc.h"
#include "io/checkpoint.h"
#include "io/npy.h"

#include <unistd.h>

static void open_array(struct rsl_tensors *ts, const char *name) {
    char path[512];
    *ts = (struct rsl_tensors)RSL_TENSORS_INIT;
    snprintf(path, sizeof path, "%s/arrays/%s", TEST_DATA, name);
    check_ok(rsl_file_open(&ts->file, path));
}

static int read_npy(struct rsl_tensors *ts, const char *name) {
    open_array(ts, name);
    assert_true(rsl_npy_detect(ts->file.data, ts->file.size));
    return rsl_npy_parse(ts, "x", ts->file.data, ts->file.size);
}

static void check_npz(const char *name) {
    static const struct {
        const char *name;
        enum rsl_dtype dtype;
    } expected[] = {
        {"f4", RSL_f32}, {"f8", RSL_f64}, {"f2", RSL_f16}, {"i8", RSL_i64},
        {"i4", RSL_i32}, {"i2", RSL_i16}, {"i1", RSL_i8},  {"u8", RSL_u64},
        {"u4", RSL_u32}, {"u2", RSL_u16}, {"u1", RSL_u8},  {"b1", RSL_bool},
    };
    struct rsl_tensors ts;
    open_array(&ts, name);
    check_ok(rsl_npz_parse(&ts, ts.file.data, ts.file.size));
    assert_int_equal(ts.n, 13);
    for (int e = 0; e < 12; e++) {
        const struct rsl_tensor *t = rsl_tensors_find(&ts, expected[e].name);
        assert_non_null(t);
        assert_int_equal(t->dtype, expected[e].dtype);
        assert_int_equal(t->shape.rank, 2);
        assert_int_equal(t->shape.dim[0], 2);
        assert_int_equal((uintptr_t)t->data % rsl_dtype_bytes((int)t->dtype), 0);
        for (int i = 0; i < 6; i++)
            assert_int_equal(rsl_tensor_int(t, i), t->dtype == RSL_bool ? i > 0 : i);
    }
    rsl_tensors_free(&ts);
}

static void test_npz(void **state) {
    (void)state;
    check_npz("stored.npz");
    check_npz("deflated.npz");
}

/* An .npy of version 1 with one element of 4 bytes; returns its size. */
static size_t make_npy(uint8_t *file, const char *descr) {
    int n = snprintf((char *)file + 10, 118, "{'descr': '%s', 'fortran_order': False, 'shape': ()}",
                     descr);
    memcpy(file, "\x93NUMPY\1\0", 8);
    file[8] = (uint8_t)n;
    file[9] = 0;
    memset(file + 10 + n, 1, 4);
    return (size_t)n + 14;
}

/* Texts and objects, folders, and what macOS packs in addition, are passed over. */
static void test_passed_over(void **state) {
    (void)state;
    static const char *const descrs[] = {"<U1", "|O", "|S4", ">U1", "<i4"};
    static const char *const names[] = {"a.npy", "b.npy", "c.npy", "d.npy", "e.npy"};
    const char *path = "test_npy.npz";
    uint8_t files[5][128];
    struct made_entry entries[7] = {{"__MACOSX/._a", "x", 1}, {"folder/", NULL, 0}};
    for (int i = 0; i < 5; i++)
        entries[i + 2] = (struct made_entry){names[i], files[i], make_npy(files[i], descrs[i])};
    make_zip(path, entries, 7);
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    check_ok(rsl_checkpoint_read(&ts, path));
    assert_int_equal(ts.n, 1);
    assert_string_equal(ts.at[0].name, "e");
    assert_int_equal(rsl_tensor_int(&ts.at[0].tensor, 0), 0x01010101);
    rsl_tensors_free(&ts);
    size_t size = make_npy(files[0], "<c8");
    make_zip(path, &(struct made_entry){"x.npy", files[0], size}, 1);
    check_fails(rsl_checkpoint_read(&ts, path), RSL_EUNSUPPORTED, "array 'x': dtype '<c8'");
    rsl_tensors_free(&ts);
    size = make_npy(files[0], "<U1");
    check_fails(rsl_npy_parse(&ts, "x", files[0], size), RSL_EUNSUPPORTED, "texts or objects");
    rsl_tensors_free(&ts);
    unlink(path);
}

static void test_fortran_order(void **state) {
    (void)state;
    struct rsl_tensors ts;
    check_ok(read_npy(&ts, "fortran.npy"));
    const struct rsl_tensor *t = rsl_tensors_find(&ts, "x");
    assert_int_equal(t->shape.dim[2], 4);
    for (int i = 0; i < 24; i++) assert_int_equal(rsl_tensor_int(t, i), i);
    rsl_tensors_free(&ts);
}

static void test_small_shapes(void **state) {
    (void)state;
    struct rsl_tensors ts;
    check_ok(read_npy(&ts, "scalar.npy"));
    assert_int_equal(ts.at[0].tensor.shape.rank, 0);
    assert_true(rsl_tensor_double(&ts.at[0].tensor, 0) == 2.5);
    rsl_tensors_free(&ts);
    check_ok(read_npy(&ts, "empty.npy"));
    assert_int_equal(ts.at[0].tensor.shape.dim[0], 0);
    assert_int_equal(ts.at[0].tensor.shape.dim[1], 4);
    rsl_tensors_free(&ts);
    check_ok(read_npy(&ts, "version2.npy"));
    assert_int_equal(rsl_tensor_int(&ts.at[0].tensor, 2), 2);
    rsl_tensors_free(&ts);
}

static void test_unsupported(void **state) {
    (void)state;
    struct rsl_tensors ts;
    check_fails(read_npy(&ts, "big.npy"), RSL_EUNSUPPORTED, "'>i4' (big endian)");
    rsl_tensors_free(&ts);
    check_fails(read_npy(&ts, "records.npy"), RSL_EUNSUPPORTED, "structured");
    rsl_tensors_free(&ts);
    check_fails(read_npy(&ts, "complex.npy"), RSL_EUNSUPPORTED, "'<c8'");
    rsl_tensors_free(&ts);
}

static void refuse(const char *header, size_t n, const char *words) {
    uint8_t file[1024] = "\x93NUMPY\1";
    size_t length = strlen(header);
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    file[8] = (uint8_t)length;
    file[9] = (uint8_t)(length >> 8);
    memcpy(file + 10, header, length);
    int rc = rsl_npy_parse(&ts, "x", file, 10 + length + n);
    assert_true(rc == RSL_EFORMAT || rc == RSL_EUNSUPPORTED);
    if (!strstr(rsl_errmsg(), words)) fail_msg("'%s' lacks '%s'", rsl_errmsg(), words);
    rsl_tensors_free(&ts);
}

static void test_headers(void **state) {
    (void)state;
    refuse("  ", 0, "'{' is expected");
    refuse("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", 1, "needs 2 bytes");
    refuse("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", 3, "there are 3");
    refuse("{'descr': '|u1', 'fortran_order': False}", 0, "lacks");
    refuse("{'descr': '|u1', 'descr': '|u1'}", 0, "twice");
    refuse("{'descr': '|u1', 'x': 1}", 0, "unknown key 'x'");
    refuse("{'descr': '|u1", 0, "does not end");
    refuse("{'descr': '|u1', 'fortran_order': 1}", 0, "'False' is expected");
    refuse("{'shape': (-1,)}", 0, "no natural number");
    refuse("{'shape': (99999999999999999999,)}", 0, "too large");
    refuse("{'shape': (1099511627776, 2)}", 0, "too large");
    refuse("{'shape': (1,1,1,1,1,1,1,1,1)}", 0, "more than 8");
    refuse("{'shape': (1 1)}", 0, "')' is expected");
    refuse("{'shape': ()} x", 0, "does not end with");
}

static void test_round_trip(void **state) {
    (void)state;
    const char *path = "test_npy.tmp";
    for (int d = 1; d < RSL_DTYPE_END; d++) {
        if (!rsl_dtype_traits(d)) continue;
        for (int rank = 0; rank <= 3; rank++) {
            struct rsl_tensors ts = RSL_TENSORS_INIT;
            uint8_t bytes[8 * 24];
            for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 37);
            struct rsl_tensor t = {(enum rsl_dtype)d, rsl_shape_of(rank, (int64_t[]){2, 3, 4}),
                                   bytes};
            if (d == RSL_bf16) {
                check_fails(rsl_npy_write(&t, path), RSL_EUNSUPPORTED, "bf16");
                continue;
            }
            check_ok(rsl_npy_write(&t, path));
            check_ok(rsl_file_open(&ts.file, path));
            check_ok(rsl_npy_parse(&ts, "x", ts.file.data, ts.file.size));
            assert_true(rsl_shape_equal(&ts.at[0].tensor.shape, &t.shape));
            assert_int_equal(ts.at[0].tensor.dtype, d);
            assert_memory_equal(ts.at[0].tensor.data, bytes, rsl_tensor_bytes(&t));
            rsl_tensors_free(&ts);
        }
    }
    unlink(path);
}

typedef int parser(struct rsl_tensors *ts, const uint8_t *data, size_t size);

static int parse_npy(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    return rsl_npy_parse(ts, "x", data, size);
}

/* Every truncation is refused; flipped bits, at least one in every byte, do no worse
 * than change values. */
static void damage(const char *name, parser *parse) {
    struct rsl_tensors whole;
    open_array(&whole, name);
    size_t size = whole.file.size;
    for (size_t n = 0; n < size; n++) {
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        uint8_t *cut = rsl_malloc(n ? n : 1);
        memcpy(cut, whole.file.data, n);
        assert_true(parse(&ts, cut, n) < 0);
        rsl_tensors_free(&ts);
        rsl_free(cut);
    }
    uint8_t *copy = rsl_malloc(size);
    for (size_t bit = 0; bit < size * 8; bit += 7) {
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        memcpy(copy, whole.file.data, size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        parse(&ts, copy, size);
        rsl_tensors_free(&ts);
    }
    rsl_free(copy);
    rsl_tensors_free(&whole);
}

static void test_damage(void **state) {
    (void)state;
    damage("fortran.npy", parse_npy);
    damage("deflated.npz", rsl_npz_parse);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npz),           cmocka_unit_test(test_passed_over),
        cmocka_unit_test(test_fortran_order), cmocka_unit_test(test_small_shapes),
        cmocka_unit_test(test_unsupported),   cmocka_unit_test(test_headers),
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
