/* safetensors: what is written reads back in place; damage of any kind is refused. */
#include "check.h"

#include "base/alloc.h"
#include "io/safetensors.h"

#include <stdlib.h>
#include <unistd.h>

/* A file with the given header and `n` data bytes 0, 1, 2, ... */
static size_t compose(uint8_t *file, const char *header, size_t n) {
    size_t length = strlen(header);
    for (int i = 0; i < 8; i++) file[i] = (uint8_t)((uint64_t)length >> 8 * i);
    memcpy(file + 8, header, length);
    for (size_t i = 0; i < n; i++) file[8 + length + i] = (uint8_t)i;
    return 8 + length + n;
}

static void refuse(const char *header, size_t n, int status, const char *words) {
    _Alignas(64) uint8_t file[4096];
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    size_t size = compose(file, header, n);
    check_fails(rsl_safetensors_parse(&ts, file, size), status, words);
    rsl_tensors_free(&ts);
}

static void test_reads(void **state) {
    (void)state;
    _Alignas(64) uint8_t file[4096];
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    size_t size = compose(file,
                          "{\"__metadata__\":{\"step\":\"7\"},"
                          "\"w\":{\"dtype\":\"I16\",\"shape\":[2,3],\"data_offsets\":[4,16]},"
                          "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
                          "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
                          "\"one\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[16,24]}}  ",
                          24);
    assert_true(rsl_safetensors_detect(file, size));
    check_ok(rsl_safetensors_parse(&ts, file, size));
    assert_int_equal(ts.n, 4);
    assert_string_equal(ts.at[0].name, "w");
    assert_int_equal(ts.at[0].tensor.shape.dim[1], 3);
    assert_int_equal(rsl_tensor_int(&ts.at[0].tensor, 0), 0x0504);
    assert_int_equal(rsl_tensor_int(rsl_tensors_find(&ts, "b"), 3), 3);
    assert_int_equal(rsl_tensor_count(rsl_tensors_find(&ts, "none")), 0);
    assert_int_equal(rsl_tensors_find(&ts, "one")->shape.rank, 0);
    assert_int_equal((uintptr_t)rsl_tensors_find(&ts, "one")->data % 8, 0);
    assert_string_equal(rsl_tensors_meta(&ts, "step"), "7");
    assert_null(rsl_tensors_find(&ts, "c"));
    assert_null(rsl_tensors_meta(&ts, "c"));
    rsl_tensors_free(&ts);
}

#define T(name, dtype, shape, range) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" range "}"

static void test_refuses(void **state) {
    (void)state;
    refuse("[]", 0, RSL_EFORMAT, "not a JSON object");
    refuse("{\"a\":", 0, RSL_EFORMAT, "no JSON");
    refuse("{\"a\":3}", 0, RSL_EFORMAT, "not described by an object");
    refuse("{\"a\":{}}", 0, RSL_EFORMAT, "'a' has no dtype");
    refuse("{" T("a", "F8_E4M3", "[1]", "[0,1]") "}", 1, RSL_EUNSUPPORTED, "'F8_E4M3'");
    refuse("{\"a\":{\"dtype\":\"F32\"}}", 0, RSL_EFORMAT, "'a' has no shape");
    refuse("{" T("a", "U8", "[-1]", "[0,1]") "}", 1, RSL_EFORMAT, "no natural number");
    refuse("{" T("a", "U8", "[1.5]", "[0,1]") "}", 1, RSL_EFORMAT, "no natural number");
    refuse("{" T("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1, RSL_EUNSUPPORTED,
           "9 dimensions");
    refuse("{" T("a", "U8", "[1099511627776,1099511627776]", "[0,1]") "}", 1, RSL_EFORMAT,
           "too large");
    refuse("{" T("a", "U8", "[1]", "[0]") "}", 1, RSL_EFORMAT, "data_offsets");
    refuse("{" T("a", "U8", "[1]", "[1,0]") "}", 1, RSL_EFORMAT, "bytes 1 to 0");
    refuse("{" T("a", "U8", "[2]", "[0,2]") "}", 1, RSL_EFORMAT, "bytes 0 to 2 of 1");
    refuse("{" T("a", "F32", "[1]", "[0,2]") "}", 2, RSL_EFORMAT, "needs 4 bytes");
    refuse("{" T("a", "U8", "[2]", "[0,2]") "," T("b", "U8", "[2]", "[1,3]") "}", 3, RSL_EFORMAT,
           "'b' starts at byte 1");
    refuse("{" T("a", "U8", "[1]", "[0,1]") "," T("b", "U8", "[1]", "[2,3]") "}", 3, RSL_EFORMAT,
           "'b' starts at byte 2");
    refuse("{" T("a", "U8", "[1]", "[0,1]") "}", 2, RSL_EFORMAT, "end at data byte 1 of 2");
    refuse("{" T("a", "U8", "[1]", "[0,1]") "," T("a", "U8", "[1]", "[1,2]") "}", 2, RSL_EFORMAT,
           "duplicate");
    refuse("{" T("", "U8", "[1]", "[0,1]") "}", 1, RSL_EFORMAT, "empty name");
    refuse("{\"__metadata__\":{\"a\":1}}", 0, RSL_EFORMAT, "not a text");
    refuse("{\"__metadata__\":1}", 0, RSL_EFORMAT, "not an object");
}

static void test_refuses_lengths(void **state) {
    (void)state;
    uint8_t file[64] = {0};
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    check_fails(rsl_safetensors_parse(&ts, file, 7), RSL_EFORMAT, "too few");
    file[0] = 100;
    check_fails(rsl_safetensors_parse(&ts, file, sizeof file), RSL_EFORMAT, "in a file of 64");
    memset(file, 255, 8);
    check_fails(rsl_safetensors_parse(&ts, file, sizeof file), RSL_EFORMAT, "at most");
    rsl_tensors_free(&ts);
}

/* Tensors of every dtype with bytes 1, 2, 3, ... */
static void fill(struct rsl_tensors *ts) {
    static const char *const names[] = {"f32",  "u8",  "i8",  "u16", "i16", "i32", "i64",
                                        "bool", "f16", "f64", "u32", "u64", "bf16"};
    int n = 0;
    for (int d = 1; d < RSL_DTYPE_END; d++) {
        if (!rsl_dtype_traits(d)) continue;
        struct rsl_tensor t;
        struct rsl_shape shape = rsl_shape_of(2, (int64_t[]){3, n % 3 + 1});
        check_ok(rsl_tensor_new(&t, &ts->arena, (enum rsl_dtype)d, &shape));
        for (size_t i = 0; i < rsl_tensor_bytes(&t); i++)
            ((uint8_t *)t.data)[i] = d == RSL_bool ? i & 1 : (uint8_t)(i + 1);
        check_ok(rsl_tensors_add(ts, names[n++], &t));
    }
    assert_int_equal(n, 13);
}

static void test_round_trip(void **state) {
    (void)state;
    const char *path = "test_safetensors.tmp";
    struct rsl_tensors out = RSL_TENSORS_INIT, in = RSL_TENSORS_INIT;
    fill(&out);
    check_ok(rsl_tensors_set_meta(&out, "epoch", "1"));
    check_ok(rsl_tensors_set_meta(&out, "epoch", "2\n\"x\""));
    check_ok(rsl_safetensors_write(&out, path));
    check_ok(rsl_file_open(&in.file, path));
    check_ok(rsl_safetensors_parse(&in, in.file.data, in.file.size));
    assert_int_equal(in.n, out.n);
    assert_string_equal(rsl_tensors_meta(&in, "epoch"), "2\n\"x\"");
    for (size_t i = 0; i < out.n; i++) {
        const struct rsl_tensor *a = &out.at[i].tensor, *b = rsl_tensors_find(&in, out.at[i].name);
        assert_non_null(b);
        assert_int_equal(a->dtype, b->dtype);
        assert_true(rsl_shape_equal(&a->shape, &b->shape));
        assert_memory_equal(a->data, b->data, rsl_tensor_bytes(a));
        assert_true((const uint8_t *)b->data >= in.file.data &&
                    (const uint8_t *)b->data < in.file.data + in.file.size);
    }
    check_fails(rsl_tensors_add(&in, "f32", &in.at[0].tensor), RSL_EFORMAT, "there twice");
    rsl_tensors_free(&in);
    rsl_tensors_free(&out);
    unlink(path);
}

static void test_write_fails(void **state) {
    (void)state;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    fill(&ts);
    check_fails(rsl_safetensors_write(&ts, "no/such/folder/x"), RSL_EIO, "no/such/folder/x");
    check_fails(rsl_safetensors_write(&ts, "/dev"), RSL_EIO, "/dev");
    rsl_tensors_free(&ts);
}

/* Every truncation is refused; every flipped bit is refused or changes only data or names. */
static void test_damage(void **state) {
    (void)state;
    _Alignas(64) uint8_t file[1024], copy[1024];
    size_t size = compose(
        file, "{" T("w", "I16", "[2,3]", "[4,16]") "," T("b", "U8", "[4]", "[0,4]") "}", 16);
    for (size_t n = 0; n < size; n++) {
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        uint8_t *cut = rsl_malloc(n ? n : 1); /* exact, so that any read beyond is seen */
        memcpy(cut, file, n);
        assert_int_equal(rsl_safetensors_parse(&ts, cut, n), RSL_EFORMAT);
        rsl_tensors_free(&ts);
        rsl_free(cut);
    }
    for (size_t bit = 0; bit < size * 8; bit++) {
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        memcpy(copy, file, size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = rsl_safetensors_parse(&ts, copy, size);
        assert_true(rc == RSL_OK || rc == RSL_EFORMAT || rc == RSL_EUNSUPPORTED);
        if (rc == RSL_OK) assert_int_equal(ts.n, 2);
        if (bit < 64) assert_int_equal(rc, RSL_EFORMAT);
        rsl_tensors_free(&ts);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),           cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_lengths), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_write_fails),     cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
