/* Which dict of a checkpoint is its state dict, on pickles made here: where it may lie, which of
 * several is taken, and tensors that are arrays of NumPy's. */
#include "check.h"

#include "base/alloc.h"
#include "io/torch.h"

/* Literals that may hold zeros. A float tensor of n < 64 elements; an array's dtype and an array,
 * as protocol 3 writes them. */
#define TENSOR(n)                              \
    "ctorch._utils\n_rebuild_tensor_v2\n("     \
    "(U\7storagectorch\nFloatStorage\nU\1kU\3" \
    "cpuK\x40tQK\0K" n "\x85K\1\x85\x89}tR"
#define STATE "}U\1w" TENSOR("\3") "sU\1b" TENSOR("\2") "s"
#define DTYPE(name, order)                                 \
    "cnumpy\ndtype\nU\2" name "\x89\x88\x87R(K\3U\1" order \
    "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
#define ARRAY(shape, dtype, fortran, elements)                       \
    "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" \
    "C\1b\x87R(K\1" shape dtype fortran elements "tb"
#define BYTES(literal) literal, sizeof(literal) - 1

static int some_bytes(void *context, const struct rsl_torch_storage *s, const uint8_t **data,
                      size_t *size) {
    static const _Alignas(16) uint8_t zeros[256];
    (void)context, (void)s;
    *data = zeros;
    *size = sizeof zeros;
    return RSL_OK;
}

static int collect(struct rsl_tensors *ts, const char *pickle, size_t size) {
    const struct rsl_torch_source source = {some_bytes, NULL};
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_pickle p;
    uint8_t *data = rsl_malloc(size); /* so that reading beyond it is seen */
    memcpy(data, pickle, size);
    rsl_tensors_limit(ts, size);
    int rc = rsl_pickle_parse(&p, &arena, data, size, size);
    if (rc == RSL_OK) rc = rsl_torch_collect(ts, p.root, &source);
    rsl_arena_free(&arena);
    rsl_free(data);
    return rc;
}

/* How many tensors have three elements; the context counts the calls. */
static int64_t count_threes(void *context, const struct rsl_tensors *names) {
    int64_t n = 0;
    for (size_t i = 0; i < names->n; i++) n += rsl_tensor_count(&names->at[i].tensor) == 3;
    ++*(int *)context;
    return n;
}

static void check_found(const char *pickle, size_t size, bool fits, const char *first) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    int calls = 0;
    ts.fit = fits ? count_threes : NULL;
    ts.fit_context = &calls;
    check_ok(collect(&ts, pickle, size));
    assert_int_equal(ts.n, 2);
    assert_string_equal(ts.at[0].name, first);
    assert_int_equal(calls > 0, fits);
    rsl_tensors_free(&ts);
}

static void refuse(const char *pickle, size_t size,
                   int64_t (*fit)(void *, const struct rsl_tensors *), int status,
                   const char *words) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    int calls = 0;
    ts.fit = fit;
    ts.fit_context = &calls;
    check_fails(collect(&ts, pickle, size), status, words);
    rsl_tensors_free(&ts);
}

static void test_places(void **state) {
    (void)state;
    check_found(BYTES(STATE "."), false, "w");
    check_found(BYTES(STATE "K\3\x86."), false, "w");
    check_found(BYTES("](K\3" STATE "e."), false, "w");
    check_found(BYTES("K\1K\2" STATE "\x86\x86."), false, "w");
    check_found(BYTES("}U\5model" STATE "s](K\3e\x86."), false, "w");
    check_found(BYTES("}U\1a}U\1b}U\1c}U\1d}U\1e}U\1f}U\1g" STATE "sssssss."), false, "w");
    check_found(BYTES("}U\1aK\1sU\1b" STATE "sU\1c" TENSOR("\3") "s."), false, "w");
    check_found(BYTES("}U\5state}K\0}U\1m" TENSOR("\3") "sssU\4mine" STATE "s."), false, "w");
    check_found(BYTES("}U\6groups]}U\2lr" TENSOR("\1") "sasU\4mine" STATE "s."), false, "w");
}

static void test_subclasses(void **state) {
    (void)state;
    check_found(BYTES("ccollections\ndefaultdict\nc__builtin__\nint\n\x85R(U\1w" TENSOR(
                    "\3") "U\1b" TENSOR("\2") "u."),
                false, "w");
    check_found(
        BYTES("}U\3netceasydict\nEasyDict\n)\x81(U\1w" TENSOR("\3") "U\1b" TENSOR("\2") "u}bs."),
        false, "w");
}

/* One dict under two names is no second one. */
static void test_shared(void **state) {
    (void)state;
    check_found(BYTES("}U\1a" STATE "q\0sU\1bh\0s."), false, "w");
    check_found(BYTES("}q\0U\4selfh\0sU\1b" STATE "s."), false, "w");
}

#define OTHER "}U\1x" TENSOR("\2") "sU\1y" TENSOR("\2") "s"

static void test_several(void **state) {
    (void)state;
    static const char two[] = "}U\1a" OTHER "sU\1b}U\1c" STATE "ss.";
    check_found(BYTES(two), true, "w");
    refuse(BYTES(two), NULL, RSL_EUNSUPPORTED, "several dicts hold tensors ('a', 'b.c'); save one");
    check_found(BYTES(OTHER STATE "\x86."), true, "w");
    refuse(BYTES(OTHER STATE "\x86."), NULL, RSL_EUNSUPPORTED, "('[0]', '[1]')");
    refuse(BYTES("}U\1a" STATE "sU\1b" OTHER "sU\1c" STATE "s."), count_threes, RSL_EUNSUPPORTED,
           "several dicts hold tensors and fit the network equally well ('a', 'c'); save one");
    /* a usual name decides before the fit */
    check_found(BYTES("}U\1a" STATE "sU\5model" OTHER "s."), false, "x");
    /* two below a usual name: not the one beside it */
    check_found(BYTES("}U\5model}U\1a" OTHER "sU\1b" STATE "ssU\1c" OTHER "s."), true, "w");
    refuse(BYTES("(" STATE STATE STATE STATE STATE STATE STATE STATE STATE "t."), count_threes,
           RSL_EUNSUPPORTED, "several dicts hold tensors ('[0]', ");
}

#define MOMENT(name) "U\1" name "}U\1m" TENSOR("\2") "s"
#define MOMENTS                                                                              \
    "}(" MOMENT("a") MOMENT("b") MOMENT("c") MOMENT("d") MOMENT("e") MOMENT("f") MOMENT("g") \
        MOMENT("h") MOMENT("i") "u"
#define LARGE "}U\1w" TENSOR("\3") "sU\1v" TENSOR("\3") "s"

/* An optimizer's states by the parameters' names: many small dicts. */
static void test_optimizer_by_name(void **state) {
    (void)state;
    check_found(BYTES("}U\5state" MOMENTS "sU\4mine" LARGE "s."), true, "w");
    check_found(BYTES("}U\4mine" LARGE "sU\3opt}U\5state" MOMENTS "ss."), true, "w");
    check_found(BYTES("}U\5state" MOMENTS "sU\3ema" LARGE "s."), false, "w");
    refuse(BYTES("}U\4mine" STATE "sU\3opt" MOMENTS "s."), count_threes, RSL_EUNSUPPORTED,
           "several dicts hold tensors ('mine', 'opt.a', ");
}

static int64_t no_memory(void *context, const struct rsl_tensors *names) {
    (void)context, (void)names;
    return rsl_fail(RSL_ENOMEM, "no memory");
}

/* What is not read does not count, and is refused only where it is taken. */
static void test_unreadable_rival(void **state) {
    (void)state;
    static const char bad[] = "}U\1a}U\1w" TENSOR("\x41") "ssU\1b" STATE "s.";
    check_found(BYTES(bad), true, "w");
    refuse(BYTES(bad), no_memory, RSL_ENOMEM, "no memory");
}

static void test_no_tensors(void **state) {
    (void)state;
    refuse(BYTES("cnet\nNet\n)\x81}bK\3\x86."), NULL, RSL_EUNSUPPORTED, "class 'net.Net'");
    refuse(BYTES("K\1K\2\x86."), NULL, RSL_EFORMAT, "holds no dict");
}

/* ---- arrays ---- */

static void check_array(const char *pickle, size_t size, enum rsl_dtype dtype, double a, double b) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    check_ok(collect(&ts, pickle, size));
    assert_int_equal(ts.n, 1);
    const struct rsl_tensor *t = &ts.at[0].tensor;
    assert_int_equal(t->dtype, dtype);
    assert_int_equal(t->shape.rank, 1);
    assert_int_equal(t->shape.dim[0], 2);
    assert_true(rsl_tensor_double(t, 0) == a && rsl_tensor_double(t, 1) == b);
    rsl_tensors_free(&ts);
}

#define TWO "K\2\x85"
#define F4  "C\x08\0\0\x80\x3f\0\0\0\xc0" /* 1, -2 */

static void test_arrays(void **state) {
    (void)state;
    check_array(BYTES("}U\1w" ARRAY(TWO, DTYPE("f4", "<"), "\x89", F4) "s."), RSL_f32, 1, -2);
    check_array(BYTES("}U\1w" ARRAY(TWO, DTYPE("f4", "<"), "\x88", F4) "s."), RSL_f32, 1, -2);
    check_array(BYTES("}U\1w" ARRAY(TWO, DTYPE("f8", "<"), "\x89",
                                    "C\x10\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0") "s."),
                RSL_f64, 1, -2);
    check_array(BYTES("}U\1w" ARRAY(TWO, DTYPE("f2", "<"), "\x89", "C\4\0\x3c\0\xc0") "s."),
                RSL_f16, 1, -2);
    check_array(BYTES("}U\1w" ARRAY(TWO, DTYPE("i8", "<"), "\x89",
                                    "C\x10\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0") "s."),
                RSL_i64, 1, 2);
    check_array(
        BYTES("}U\1w" ARRAY(TWO, DTYPE("f2", "<"), "\x89",
                            "c_codecs\nencode\nX\5\0\0\0\0\x3c\0\xc3\x80U\6latin1\x86R") "s."),
        RSL_f16, 1, -2);
    check_array(BYTES("}U\1w"
                      "cnumpy._core.numeric\n_frombuffer\n(" F4 DTYPE("f4", "<") TWO "U\1"
                                                                                     "CtRs."),
                RSL_f32, 1, -2);
    check_array(BYTES("}U\5modelccollections\nOrderedDict\n)RU\1w" ARRAY(TWO, DTYPE("f4", "<"),
                                                                         "\x89", F4) "ss."),
                RSL_f32, 1, -2);
}

/* Beside tensors arrays are statistics and histories, as they always were. */
static void test_arrays_beside_tensors(void **state) {
    (void)state;
    check_found(BYTES("}U\4mean" ARRAY(TWO, DTYPE("f4", "<"), "\x89", F4) "sU\1a" STATE "s."),
                false, "w");
    check_found(
        BYTES("}U\4meta}U\4mean" ARRAY(TWO, DTYPE("f4", "<"), "\x89", F4) "ssU\1a" STATE "s."),
        false, "w");
}

static void test_refused_arrays(void **state) {
    (void)state;
    refuse(BYTES("}U\1w" ARRAY(TWO, DTYPE("f4", ">"), "\x89", F4) "s."), NULL, RSL_EFORMAT,
           "tensor 'w': the array of 'f4' is big endian");
    refuse(BYTES("}U\1w" ARRAY(TWO, DTYPE("c8", "<"), "\x89", F4) "s."), NULL, RSL_EFORMAT,
           "the array is of 'c8', which is not read");
    refuse(BYTES("}U\1w" ARRAY("K\1K\2\x86", DTYPE("f4", "<"), "\x88", F4) "s."), NULL, RSL_EFORMAT,
           "Fortran's order");
    refuse(BYTES("}U\1w" ARRAY("K\3\x85", DTYPE("f4", "<"), "\x89", F4) "s."), NULL, RSL_EFORMAT,
           "2 elements, its shape another");
    refuse(BYTES("}U\1w" ARRAY("J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", DTYPE("f4", "<"), "\x89",
                               F4) "s."),
           NULL, RSL_EFORMAT, "too large");
    refuse(BYTES("}U\1w" ARRAY(TWO, DTYPE("f4", "<"), "\x89", "K\1") "s."), NULL, RSL_EFORMAT,
           "no bytes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_subclasses),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_optimizer_by_name),
        cmocka_unit_test(test_unreadable_rival),
        cmocka_unit_test(test_no_tensors),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_arrays_beside_tensors),
        cmocka_unit_test(test_refused_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
