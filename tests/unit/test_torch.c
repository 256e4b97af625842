/* PyTorch checkpoints against files that PyTorch wrote (tests/data/make_checkpoints.py). */
#include "check.h"
#include "made_zip.h"

#include "base/alloc.h"
#include "io/checkpoint.h"
#include "io/torch.h"
#include "resile/log.h"

#include <unistd.h>

static int read_checkpoint(struct rsl_tensors *ts, const char *name) {
    char path[512];
    *ts = (struct rsl_tensors)RSL_TENSORS_INIT;
    snprintf(path, sizeof path, "%s/checkpoints/%s", TEST_DATA, name);
    return rsl_checkpoint_read(ts, path);
}

/* The tensor has that type and shape, and these values in row-major order. */
static void check_tensor(const struct rsl_tensors *ts, const char *name, enum rsl_dtype dtype,
                         struct rsl_shape shape, const double *values) {
    char got[RSL_SHAPE_TEXT];
    const struct rsl_tensor *t = rsl_tensors_find(ts, name);
    if (!t) fail_msg("%s is missing", name);
    if (t->dtype != dtype) fail_msg("%s has dtype %s", name, rsl_dtype_name((int)t->dtype));
    if (!rsl_shape_equal(&t->shape, &shape))
        fail_msg("%s has shape %s", name, rsl_shape_text(&t->shape, got));
    assert_int_equal((uintptr_t)t->data % rsl_dtype_bytes((int)dtype), 0);
    for (int64_t i = 0; i < rsl_tensor_count(t); i++)
        if (rsl_tensor_double(t, i) != values[i])
            fail_msg("%s[%d] is %g, not %g", name, (int)i, rsl_tensor_double(t, i), values[i]);
}

#define SHAPE(rank, ...) rsl_shape_of(rank, (int64_t[]){__VA_ARGS__})
#define VALUES(...)      ((const double[]){__VA_ARGS__})

static void check_state(const char *file) {
    struct rsl_tensors ts;
    check_ok(read_checkpoint(&ts, file));
    assert_int_equal(ts.n, 20);
    assert_string_equal(ts.at[0].name, "f32");
    assert_string_equal(ts.at[19].name, "parameter");
    check_tensor(&ts, "f32", RSL_f32, SHAPE(2, 2, 3), VALUES(1, 2, 3, 4, 5, 6));
    check_tensor(&ts, "f64", RSL_f64, SHAPE(1, 3), VALUES(2, 3, 4));
    check_tensor(&ts, "f16", RSL_f16, SHAPE(2, 2, 2), VALUES(3, 4, 5, 6));
    check_tensor(&ts, "bf16", RSL_bf16, SHAPE(1, 4), VALUES(4, 5, 6, 7));
    check_tensor(&ts, "i64", RSL_i64, SHAPE(1, 2), VALUES(5, 6));
    check_tensor(&ts, "i32", RSL_i32, SHAPE(1, 3), VALUES(6, 7, 8));
    check_tensor(&ts, "i16", RSL_i16, SHAPE(1, 2), VALUES(7, 8));
    check_tensor(&ts, "i8", RSL_i8, SHAPE(1, 2), VALUES(8, 9));
    check_tensor(&ts, "u8", RSL_u8, SHAPE(1, 2), VALUES(9, 10));
    check_tensor(&ts, "bool", RSL_bool, SHAPE(1, 3), VALUES(1, 0, 1));
    check_tensor(&ts, "scalar", RSL_f32, SHAPE(0, 0), VALUES(11));
    check_tensor(&ts, "empty", RSL_f32, SHAPE(2, 0, 3), NULL);
    double base[24], columns[24];
    for (int i = 0; i < 24; i++) {
        base[i] = 100 + i;
        columns[i] = 100 + i % 4 * 6 + i / 4;
    }
    check_tensor(&ts, "base", RSL_f32, SHAPE(2, 4, 6), base);
    check_tensor(&ts, "columns", RSL_f32, SHAPE(2, 6, 4), columns);
    check_tensor(&ts, "window", RSL_f32, SHAPE(2, 2, 3), VALUES(108, 109, 110, 114, 115, 116));
    check_tensor(&ts, "step", RSL_f32, SHAPE(2, 2, 3), VALUES(101, 103, 105, 113, 115, 117));
    check_tensor(&ts, "expanded", RSL_f32, SHAPE(2, 2, 5),
                 VALUES(203, 203, 203, 203, 203, 203, 203, 203, 203, 203));
    check_tensor(&ts, "shared", RSL_f32, SHAPE(1, 10),
                 VALUES(200, 201, 202, 203, 204, 205, 206, 207, 208, 209));
    check_tensor(&ts, "tail", RSL_f32, SHAPE(1, 4), VALUES(206, 207, 208, 209));
    check_tensor(&ts, "parameter", RSL_f32, SHAPE(2, 2, 2), VALUES(300, 301, 302, 303));
    rsl_tensors_free(&ts);
}

static void test_state(void **state) {
    (void)state;
    check_state("state.pt");
    check_state("state.pth");
}

static void test_protocols(void **state) {
    (void)state;
    static const char *const files[] = {"protocol3.pt",  "protocol4.pt",  "protocol5.pt",
                                        "protocol3.pth", "protocol4.pth", "protocol5.pth"};
    for (int i = 0; i < 6; i++) check_state(files[i]);
}

static void test_nested(void **state) {
    (void)state;
    static const char *const files[] = {"training.pt",     "training.pth",    "nested_net.pt",
                                        "nested_model.pt", "nested_weird.pt", "nested_beside.pt",
                                        "carried.pt"};
    for (int i = 0; i < 7; i++) {
        struct rsl_tensors ts;
        check_ok(read_checkpoint(&ts, files[i]));
        assert_int_equal(ts.n, 2);
        check_tensor(&ts, "weight", RSL_f32, SHAPE(2, 2, 3), VALUES(1, 2, 3, 4, 5, 6));
        check_tensor(&ts, "bias", RSL_f32, SHAPE(1, 2), VALUES(10, 11));
        rsl_tensors_free(&ts);
    }
}

static void test_stored(void **state) {
    (void)state;
    static const char *const files[] = {"stored.pt", "little.pt"};
    for (int i = 0; i < 2; i++) {
        struct rsl_tensors ts;
        check_ok(read_checkpoint(&ts, files[i]));
        check_tensor(&ts, "w", RSL_f32, SHAPE(1, 3), VALUES(1, 2, 3));
        rsl_tensors_free(&ts);
    }
}

static void refuse(const char *file, int status, const char *words) {
    struct rsl_tensors ts;
    check_fails(read_checkpoint(&ts, file), status, words);
    if (!strstr(rsl_errmsg(), file)) fail_msg("'%s' does not name %s", rsl_errmsg(), file);
    rsl_tensors_free(&ts);
}

static void test_refuses(void **state) {
    (void)state;
    refuse("bigendian.pt", RSL_EUNSUPPORTED, "byte order 'big'");
    refuse("script.pt", RSL_EUNSUPPORTED, "TorchScript");
    refuse("module.pt", RSL_EUNSUPPORTED, "'torch.nn.modules.linear.Linear' is refused");
    refuse("module.pth", RSL_EUNSUPPORTED, "model.state_dict()");
    refuse("sparse.pt", RSL_EUNSUPPORTED,
           "'w': it is made by 'torch._utils._rebuild_sparse_tensor'");
    refuse("two_beside.pt", RSL_EUNSUPPORTED, "('a', 'b')");
    refuse("wrapped.pt", RSL_EUNSUPPORTED, "'torch.nn.modules.linear.Linear' is refused");
    refuse("two.pt", RSL_EUNSUPPORTED, "('a', 'b')");
    refuse("none.pt", RSL_EFORMAT, "no dict of the checkpoint holds tensors");
    refuse("list.pt", RSL_EFORMAT, "holds no dict");
    refuse("no_such_file", RSL_EIO, "cannot be opened");
}

static void test_unknown_kinds(void **state) {
    (void)state;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    uint8_t tar[512] = "x";
    memcpy(tar + 257, "ustar", 5);
    check_fails(rsl_checkpoint_parse(&ts, tar, 512), RSL_EUNSUPPORTED, "tar form");
    check_fails(rsl_checkpoint_parse(&ts, tar, 1), RSL_EFORMAT, "neither");
    check_fails(rsl_checkpoint_parse(&ts, tar, 0), RSL_EFORMAT, "neither");
    check_fails(rsl_checkpoint_parse(&ts, (const uint8_t *)"\x80\2}.", 4), RSL_EUNSUPPORTED,
                "plain pickle");
    rsl_tensors_free(&ts);
}

/* {'w': three floats of storage 0} */
static const char pickle[] =
    "\x80\2}X\1\0\0\0w"
    "ctorch._utils\n_rebuild_tensor_v2\n("
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
    "0X\3\0\0\0cpuK\3tQ"
    "K\0K\3\x85K\1\x85\x89}tRs.";
static const float three[] = {1, 2, 3};
#define PICKLE pickle, sizeof pickle - 1

static void check_packed(const struct made_entry *entries, size_t n) {
    const char *path = "test_torch.zip";
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    make_zip(path, entries, n);
    check_ok(rsl_checkpoint_read(&ts, path));
    assert_int_equal(ts.n, 1);
    check_tensor(&ts, "w", RSL_f32, SHAPE(1, 3), VALUES(1, 2, 3));
    rsl_tensors_free(&ts);
    unlink(path);
}

/* Archives that were unpacked and packed again. */
static void test_packed_again(void **state) {
    (void)state;
    const struct made_entry deep[] = {{"a/", NULL, 0},
                                      {"a/b/data.pkl", PICKLE},
                                      {"a/b/byteorder", "little", 6},
                                      {"a/b/data/0", three, sizeof three}};
    const struct made_entry flat[] = {{"data.pkl", PICKLE}, {"data/0", three, sizeof three}};
    const struct made_entry mac[] = {{"__MACOSX/data.pkl", "x", 1},
                                     {"__MACOSX/net/._data.npy", "x", 1},
                                     {"net/data.pkl", PICKLE},
                                     {"net/data/0", three, sizeof three}};
    check_packed(deep, 4);
    check_packed(flat, 2);
    check_packed(mac, 4);
}

static void keep_message(void *context, int level, const char *message) {
    if (level == RSL_LOG_WARNING) snprintf(context, 256, "%s", message);
}

static void test_trailing(void **state) {
    (void)state;
    char message[256] = "";
    struct rsl_tensors whole, ts = RSL_TENSORS_INIT;
    check_ok(read_checkpoint(&whole, "state.pth"));
    size_t size = whole.file.size;
    uint8_t *longer = rsl_malloc(size + 2);
    memcpy(longer, whole.file.data, size);
    memcpy(longer + size, "\r\n", 2);
    rsl_log_set(keep_message, message);
    check_ok(rsl_checkpoint_parse(&ts, longer, size + 2));
    rsl_log_set(NULL, NULL);
    assert_non_null(strstr(message, "2 bytes behind the checkpoint's last storage are ignored"));
    assert_int_equal(ts.n, whole.n);
    rsl_tensors_free(&ts);
    rsl_tensors_free(&whole);
    rsl_free(longer);
}

/* Every truncation is refused; flipped bits, at least one in every byte, do no worse than change
 * values and names. */
static void damage(const char *name) {
    struct rsl_tensors whole;
    check_ok(read_checkpoint(&whole, name));
    size_t size = whole.file.size;
    for (size_t n = 0; n < size; n++) {
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        uint8_t *cut = rsl_malloc(n ? n : 1);
        memcpy(cut, whole.file.data, n);
        assert_true(rsl_checkpoint_parse(&ts, cut, n) < 0);
        rsl_tensors_free(&ts);
        rsl_free(cut);
    }
    uint8_t *copy = rsl_malloc(size);
    for (size_t bit = 0; bit < size * 8; bit += 7) {
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        memcpy(copy, whole.file.data, size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        rsl_checkpoint_parse(&ts, copy, size);
        rsl_tensors_free(&ts);
    }
    rsl_free(copy);
    rsl_tensors_free(&whole);
}

static void test_damage(void **state) {
    (void)state;
    damage("state.pth");
    damage("stored.pt");
    damage("nested_net.pt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state),        cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_nested),       cmocka_unit_test(test_stored),
        cmocka_unit_test(test_refuses),      cmocka_unit_test(test_unknown_kinds),
        cmocka_unit_test(test_packed_again), cmocka_unit_test(test_trailing),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
