/* The pickle machine: values of every opcode, and what hostile pickles get. */
#include "check.h"

#include "base/alloc.h"
#include "io/pickle.h"
#include "io/torch.h"

typedef struct rsl_pickle_value value;

/* A literal that may hold zeros. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static int parse(struct rsl_pickle *p, struct rsl_arena *a, const uint8_t *data, size_t size) {
    *a = (struct rsl_arena)RSL_ARENA_INIT;
    return rsl_pickle_parse(p, a, data, size, 0);
}

/* ---- values ---- */

static void check_int(const uint8_t *data, size_t size, enum rsl_pickle_kind kind, int64_t i) {
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, data, size));
    assert_int_equal(p.used, size);
    assert_int_equal(p.root->kind, kind);
    assert_true(p.root->i == i);
    rsl_arena_free(&a);
}

static void test_integers(void **state) {
    (void)state;
    check_int(BYTES("\x80\x02K\xff."), RSL_PICKLE_INT, 255);
    check_int(BYTES("M\x01\x02."), RSL_PICKLE_INT, 513);
    check_int(BYTES("J\xff\xff\xff\xff."), RSL_PICKLE_INT, -1);
    check_int(BYTES("\x8a\x00."), RSL_PICKLE_INT, 0);
    check_int(BYTES("\x8a\x01\x80."), RSL_PICKLE_INT, -128);
    check_int(BYTES("\x8a\x02\x80\x00."), RSL_PICKLE_INT, 128);
    check_int(BYTES("\x8a\x08\0\0\0\0\0\0\0\x80."), RSL_PICKLE_INT, INT64_MIN);
    check_int(BYTES("\x8b\x01\0\0\0\x07."), RSL_PICKLE_INT, 7);
    check_int(BYTES("I-12\n."), RSL_PICKLE_INT, -12);
    check_int(BYTES("L34L\n."), RSL_PICKLE_INT, 34);
    check_int(BYTES("I01\n."), RSL_PICKLE_BOOL, 1);
    check_int(BYTES("I00\n."), RSL_PICKLE_BOOL, 0);
    check_int(BYTES("\x88."), RSL_PICKLE_BOOL, 1);
    check_int(BYTES("\x89."), RSL_PICKLE_BOOL, 0);
    check_int(BYTES("\x80\x04\x95\x03\0\0\0\0\0\0\0K\x05."), RSL_PICKLE_INT, 5);
}

static void test_floats(void **state) {
    (void)state;
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, BYTES("G\x3f\xf8\0\0\0\0\0\0.")));
    assert_int_equal(p.root->kind, RSL_PICKLE_FLOAT);
    assert_true(p.root->f == 1.5);
    rsl_arena_free(&a);
    check_ok(parse(&p, &a, BYTES("F-2.5e1\n.")));
    assert_true(p.root->f == -25);
    rsl_arena_free(&a);
}

static void check_text(const uint8_t *data, size_t size, enum rsl_pickle_kind kind,
                       const char *text) {
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, data, size));
    assert_int_equal(p.root->kind, kind);
    assert_int_equal(p.root->text.n, strlen(text));
    assert_string_equal(p.root->text.at, text);
    rsl_arena_free(&a);
}

static void test_texts(void **state) {
    (void)state;
    check_text(BYTES("S'ab'\n."), RSL_PICKLE_TEXT, "ab");
    check_text(BYTES("S\"\"\n."), RSL_PICKLE_TEXT, "");
    check_text(BYTES("Vab\n."), RSL_PICKLE_TEXT, "ab");
    check_text(BYTES("U\x02xy."), RSL_PICKLE_TEXT, "xy");
    check_text(BYTES("T\x02\0\0\0xy."), RSL_PICKLE_TEXT, "xy");
    check_text(BYTES("X\x02\0\0\0xy."), RSL_PICKLE_TEXT, "xy");
    check_text(BYTES("\x8c\x02xy."), RSL_PICKLE_TEXT, "xy");
    check_text(BYTES("\x8d\x02\0\0\0\0\0\0\0xy."), RSL_PICKLE_TEXT, "xy");
    check_text(BYTES("C\x02xy."), RSL_PICKLE_BYTES, "xy");
    check_text(BYTES("B\x02\0\0\0xy."), RSL_PICKLE_BYTES, "xy");
    check_text(BYTES("\x8e\x02\0\0\0\0\0\0\0xy."), RSL_PICKLE_BYTES, "xy");
    check_text(BYTES("\x96\x02\0\0\0\0\0\0\0xy."), RSL_PICKLE_BYTES, "xy");
    check_text(BYTES("\x8a\x09xxxxxxxxx."), RSL_PICKLE_BIG_INT, "xxxxxxxxx");
    check_text(BYTES("L1234567890123456789L\n."), RSL_PICKLE_BIG_INT, "1234567890123456789");
}

/* The container's items are the integers 1, 2, ... n. */
static void check_items(const uint8_t *data, size_t size, enum rsl_pickle_kind kind, size_t n) {
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, data, size));
    assert_int_equal(p.root->kind, kind);
    assert_int_equal(p.root->items.n, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(p.root->items.at[i]->i, i + 1);
    rsl_arena_free(&a);
}

static void test_containers(void **state) {
    (void)state;
    check_items(BYTES(")."), RSL_PICKLE_TUPLE, 0);
    check_items(BYTES("(t."), RSL_PICKLE_TUPLE, 0);
    check_items(BYTES("K\1\x85."), RSL_PICKLE_TUPLE, 1);
    check_items(BYTES("K\1K\2\x86."), RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1K\2K\3\x87."), RSL_PICKLE_TUPLE, 3);
    check_items(BYTES("(K\1K\2K\3K\4t."), RSL_PICKLE_TUPLE, 4);
    check_items(BYTES("(K\1K\2l."), RSL_PICKLE_LIST, 2);
    check_items(BYTES("]K\1aK\2a(K\3K\4e."), RSL_PICKLE_LIST, 4);
    check_items(BYTES("}K\1K\2s(K\3K\4K\5K\6u."), RSL_PICKLE_DICT, 6);
    check_items(BYTES("(K\1K\2d."), RSL_PICKLE_DICT, 2);
    check_items(BYTES("ccollections\nOrderedDict\n)RK\1K\2s."), RSL_PICKLE_DICT, 2);
    check_items(BYTES("ccollections\nOrderedDict\n(((K\1K\2l(K\3K\4tltR."), RSL_PICKLE_DICT, 4);
    check_items(BYTES("ccollections\nOrderedDict\n)RK\1K\2s}b."), RSL_PICKLE_DICT, 2);
    check_items(BYTES("ccollections\ndefaultdict\nc__builtin__\nint\n\x85R(K\1K\2u."),
                RSL_PICKLE_DICT, 2);
    check_items(BYTES("caddict\nDict\n)\x81K\1K\2sK\3K\4s}b."), RSL_PICKLE_DICT, 4);
}

static void test_stack_and_memo(void **state) {
    (void)state;
    check_items(BYTES("K\1K\2K\3"
                      "0\x86."),
                RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1(K\7K\7"
                      "1K\2\x86."),
                RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1(0K\2\x86."), RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1q\5"
                      "0K\2"
                      "0h\5K\2\x86."),
                RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1r\0\1\0\0"
                      "0j\0\1\0\0K\2\x86."),
                RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1p7\n0g7\nK\2\x86."), RSL_PICKLE_TUPLE, 2);
    check_items(BYTES("K\1\x94K\2\x94"
                      "00h\0h\1\x86."),
                RSL_PICKLE_TUPLE, 2);
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a,
                   BYTES("K\1"
                         "2\x86.")));
    assert_ptr_equal(p.root->items.at[0], p.root->items.at[1]);
    rsl_arena_free(&a);
}

static void test_objects(void **state) {
    (void)state;
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, BYTES("\x8c\5torch\x8c\4Size\x93K\1\x85R}b.")));
    assert_int_equal(p.root->kind, RSL_PICKLE_CALL);
    assert_true(rsl_pickle_is(p.root->call.callee, "torch", "Size"));
    assert_int_equal(p.root->call.args->items.n, 1);
    rsl_arena_free(&a);
    check_ok(parse(&p, &a, BYTES("]K\1QaPabc\na.")));
    assert_int_equal(p.n_persistent, 2);
    assert_int_equal(p.persistent[0]->id->i, 1);
    assert_string_equal(p.persistent[1]->id->text.at, "abc");
    assert_int_equal(p.root->items.at[1]->kind, RSL_PICKLE_PERSISTENT);
    rsl_arena_free(&a);
}

static void test_get(void **state) {
    (void)state;
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, BYTES("}\x8c\1aK\1s\x8c\1bK\2s.")));
    assert_int_equal(rsl_pickle_get(p.root, "b")->i, 2);
    assert_null(rsl_pickle_get(p.root, "c"));
    assert_null(rsl_pickle_get(rsl_pickle_get(p.root, "a"), "a"));
    rsl_arena_free(&a);
}

/* ---- refusals ---- */

static void refuse(const uint8_t *data, size_t size, int status, const char *words) {
    struct rsl_arena a;
    struct rsl_pickle p;
    check_fails(parse(&p, &a, data, size), status, words);
    if (!strstr(rsl_errmsg(), "pickle byte ")) fail_msg("'%s' has no place", rsl_errmsg());
    rsl_arena_free(&a);
}

/* What a pickle would call is told by name, and nothing is called. */
static void check_call(const uint8_t *data, size_t size, const char *module, const char *name,
                       size_t n_args) {
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, data, size));
    assert_int_equal(p.root->kind, RSL_PICKLE_CALL);
    assert_true(rsl_pickle_is(p.root->call.callee, module, name));
    assert_int_equal(p.root->call.args->kind, RSL_PICKLE_TUPLE);
    assert_int_equal(p.root->call.args->items.n, n_args);
    rsl_arena_free(&a);
}

static void test_calls(void **state) {
    (void)state;
    check_call(BYTES("cos\nsystem\n(S'true'\ntR."), "os", "system", 1);
    check_call(BYTES("\x80\x04\x8c\5posix\x8c\6system\x93\x8c\4true\x85R."), "posix", "system", 1);
    check_call(BYTES("(S'x'\nios\nsystem\n."), "os", "system", 1);
    check_call(BYTES("(cos\nsystem\nS'x'\nN\x8f"
                     "o."),
               "os", "system", 3);
    check_call(BYTES("cargparse\nNamespace\n)\x81}S'lr'\nK\1sb."), "argparse", "Namespace", 0);
    check_call(BYTES("ca\nb\nK\1\x85}\x92."), "a", "b", 1);
    check_call(BYTES("ccollections\ndeque\n)R(K\1K\2e."), "collections", "deque", 0);
}

/* The state of an object is kept beside it. */
static void test_state(void **state) {
    (void)state;
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, BYTES("ca\nb\n)\x81K\7b.")));
    assert_non_null(p.root->call.state);
    assert_int_equal(p.root->call.state->i, 7);
    rsl_arena_free(&a);
}

static void test_sets(void **state) {
    (void)state;
    struct rsl_arena a;
    struct rsl_pickle p;
    check_ok(parse(&p, &a, BYTES("\x8f(K\1K\2\x90.")));
    assert_int_equal(p.root->kind, RSL_PICKLE_LIST);
    assert_int_equal(p.root->items.n, 2);
    rsl_arena_free(&a);
    check_ok(parse(&p, &a, BYTES("(K\1K\2\x91.")));
    assert_int_equal(p.root->kind, RSL_PICKLE_TUPLE);
    assert_int_equal(p.root->items.n, 2);
    rsl_arena_free(&a);
}

static void test_refused_opcodes(void **state) {
    (void)state;
    refuse(BYTES("\x82\1."), RSL_EUNSUPPORTED, "opcode EXT1");
    refuse(BYTES("N\xff."), RSL_EUNSUPPORTED, "pickle byte 1: opcode unknown (0xff)");
}

static void test_malformed(void **state) {
    (void)state;
    refuse(BYTES(""), RSL_EFORMAT, "ends without STOP");
    refuse(BYTES("N"), RSL_EFORMAT, "ends without STOP");
    refuse(BYTES("."), RSL_EFORMAT, "empty stack");
    refuse(BYTES("NN."), RSL_EFORMAT, "work left");
    refuse(BYTES("(N."), RSL_EFORMAT, "work left");
    refuse(BYTES("\x80\x06N."), RSL_EFORMAT, "protocol 6");
    refuse(BYTES("\x95\xff\0\0\0\0\0\0\0N."), RSL_EFORMAT, "frame");
    refuse(BYTES("X\xff\xff\xff\xffxy."), RSL_EFORMAT, "ends within an argument");
    refuse(BYTES("\x8d\xff\xff\xff\xff\xff\xff\xff\xffxy."), RSL_EFORMAT, "within an argument");
    refuse(BYTES("Sab\n."), RSL_EFORMAT, "no quotes");
    refuse(BYTES("S'\n."), RSL_EFORMAT, "no quotes");
    refuse(BYTES("S'ab"), RSL_EFORMAT, "within a line");
    refuse(BYTES("V\\u0041\n."), RSL_EUNSUPPORTED, "escapes");
    refuse(BYTES("Ix\n."), RSL_EFORMAT, "'x' is no integer");
    refuse(BYTES("I\n."), RSL_EFORMAT, "is no integer");
    refuse(BYTES("Fx\n."), RSL_EFORMAT, "'x' is no float");
    refuse(BYTES("K\1\x86."), RSL_EFORMAT, "empty stack");
    refuse(BYTES("t."), RSL_EFORMAT, "never set");
    refuse(BYTES("N(\x85."), RSL_EFORMAT, "empty stack");
    refuse(BYTES("(Nd."), RSL_EFORMAT, "key without a value");
    refuse(BYTES("}(Nu."), RSL_EFORMAT, "key without a value");
    refuse(BYTES("NNa."), RSL_EFORMAT, "no list or dict");
    refuse(BYTES("]NNs."), RSL_EFORMAT, "no list or dict");
    refuse(BYTES("h\0."), RSL_EFORMAT, "memo item 0");
    refuse(BYTES("Nq\2h\1."), RSL_EFORMAT, "memo item 1");
    refuse(BYTES("Nr\xff\xff\xff\xff."), RSL_EFORMAT, "memo index is beyond");
    refuse(BYTES("Np99999999999999999999\n."), RSL_EFORMAT, "memo index is beyond");
    refuse(BYTES("Npx\n."), RSL_EFORMAT, "no number");
    refuse(BYTES("NNR."), RSL_EFORMAT, "calls without arguments");
    refuse(BYTES("ctorch\nSize\nNR."), RSL_EFORMAT, "calls without arguments");
    refuse(BYTES("\x8c\6torch\0\x8c\4Size\x93."), RSL_EFORMAT, "a zero inside");
    refuse(BYTES("\x8c\5torch\x8c\5Size\0\x93."), RSL_EFORMAT, "a zero inside");
    refuse(BYTES("(o."), RSL_EFORMAT, "object of no class");
    refuse(BYTES("\x81."), RSL_EFORMAT, "empty stack");
    refuse(BYTES("\x92."), RSL_EFORMAT, "empty stack");
    refuse(BYTES("ccollections\nOrderedDict\nN\x85R."), RSL_EFORMAT, "list of pairs");
    refuse(BYTES("ccollections\nOrderedDict\n((NltR."), RSL_EFORMAT, "list of pairs");
    refuse(BYTES("NNb."), RSL_EFORMAT, "no object");
    refuse(BYTES("NN\x93."), RSL_EFORMAT, "not named by texts");
    refuse(BYTES("cos"), RSL_EFORMAT, "within a line");
}

/* No opcode does anything but fail cleanly on an empty stack, alone or before junk. */
static void test_every_opcode(void **state) {
    (void)state;
    for (int op = 0; op < 256; op++)
        for (int junk = 0; junk < 256; junk++) {
            uint8_t data[12];
            struct rsl_arena a;
            struct rsl_pickle p;
            memset(data, junk, sizeof data);
            data[0] = (uint8_t)op;
            (void)parse(&p, &a, data, sizeof data);
            rsl_arena_free(&a);
        }
}

/* ---- bombs ---- */

static void refuse_many(uint8_t byte, size_t n, const char *words) {
    uint8_t *data = rsl_malloc(n);
    assert_non_null(data);
    memset(data, byte, n);
    refuse(data, n, RSL_EFORMAT, words);
    rsl_free(data);
}

static void test_bombs(void **state) {
    (void)state;
    refuse_many('N', RSL_PICKLE_FREE + 1, "values");
    refuse_many('(', RSL_PICKLE_FREE + 1, "marks");
    refuse_many(']', RSL_PICKLE_FREE + 1, "values");
    /* N, then DUPs: few values, a tall stack */
    uint8_t *data = rsl_malloc(RSL_PICKLE_FREE + 2);
    memset(data, '2', RSL_PICKLE_FREE + 2);
    data[0] = 'N';
    refuse(data, RSL_PICKLE_FREE + 2, RSL_EFORMAT, "stack grows");
    rsl_free(data);
    /* one list, the same item appended for ever: "]N" then "2a"... is APPEND of the list itself */
    size_t n = (size_t)RSL_PICKLE_FREE * 5;
    data = rsl_malloc(n);
    data[0] = ']';
    for (size_t i = 1; i + 1 < n; i += 2) memcpy(data + i, "2a", 2);
    refuse(data, n - 2, RSL_EFORMAT, "items");
    rsl_free(data);
}

/* A long list is read when the file is as long. */
static void test_long_list(void **state) {
    (void)state;
    const size_t n = (size_t)RSL_PICKLE_FREE + 1000, size = 4 + 2 * n;
    uint8_t *data = rsl_malloc(size);
    struct rsl_arena a = RSL_ARENA_INIT;
    struct rsl_pickle p;
    assert_non_null(data);
    memcpy(data, "](", 2);
    for (size_t i = 0; i < n; i++) memcpy(data + 2 + 2 * i, "K\7", 2);
    memcpy(data + size - 2, "e.", 2);
    check_ok(rsl_pickle_parse(&p, &a, data, size, size));
    assert_int_equal(p.root->items.n, n);
    rsl_arena_free(&a);
    refuse(data, size, RSL_EFORMAT, "values"); /* unpacked from a file of a few bytes */
    rsl_free(data);
}

static int no_bytes(void *context, const struct rsl_torch_storage *s, const uint8_t **data,
                    size_t *size) {
    (void)context, (void)s, (void)data, (void)size;
    return rsl_fail(RSL_EFORMAT, "no storage here");
}

static int collect(const uint8_t *data, size_t size) {
    struct rsl_arena a;
    struct rsl_pickle p;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    const struct rsl_torch_source source = {no_bytes, NULL};
    int rc = parse(&p, &a, data, size);
    if (rc == RSL_OK) rc = rsl_torch_collect(&ts, p.root, &source);
    rsl_tensors_free(&ts);
    rsl_arena_free(&a);
    return rc;
}

/* Billion laughs: 30 dicts, each holding the one before under ten usual names and 200 others; and a
 * dict that holds itself. The search for the state dict ends. */
static void test_shared_dicts(void **state) {
    (void)state;
    static const char *const names[] = {"state_dict", "model", "net", "module", "weights"};
    static uint8_t data[1 << 20];
    size_t n = 0;
    data[n++] = '}'; /* memo 0 is the dict before */
    data[n++] = 'q';
    data[n++] = 0;
    data[n++] = '0';
    for (int level = 0; level < 30; level++) {
        data[n++] = '}';
        for (int i = 0; i < 205; i++) {
            char name[16];
            snprintf(name, sizeof name, "%s%d", i < 5 ? names[i] : "x", i);
            if (i < 5) snprintf(name, sizeof name, "%s", names[i]);
            data[n++] = 0x8c;
            data[n++] = (uint8_t)strlen(name);
            memcpy(data + n, name, strlen(name));
            n += strlen(name);
            memcpy(data + n, "h\0s", 3);
            n += 3;
        }
        memcpy(data + n, "q\0000", 3);
        n += 3;
    }
    memcpy(data + n, "h\0.", 3);
    n += 3;
    check_fails(collect(data, n), RSL_EFORMAT, "no dict of the checkpoint holds tensors");
    check_fails(collect(BYTES("}q\0\x8c\5modelh\0s\x8c\1xh\0s.")), RSL_EFORMAT, "no dict");
    check_fails(collect(BYTES("]q\0h\0a.")), RSL_EFORMAT, "no dict");
}

/* {'w': _rebuild_tensor_v2(storage 'k' of 8 floats, offset, size, stride, False, OrderedDict())} */
static int collect_view(const char *view) {
    static const char head[] =
        "}\x8c\1w"
        "ctorch._utils\n_rebuild_tensor_v2\n("
        "(\x8c\7storagectorch\nFloatStorage\n\x8c\1k\x8c\3cpuK\x08tQ";
    static const char tail[] =
        "\x89"
        "ccollections\nOrderedDict\n)RtRs.";
    char data[512];
    size_t n = sizeof head - 1;
    memcpy(data, head, n);
    n += (size_t)snprintf(data + n, 256, "%s", view);
    memcpy(data + n, tail, sizeof tail);
    return collect((const uint8_t *)data, n + sizeof tail - 1);
}

static void test_views(void **state) {
    (void)state;
    /* these lie within the storage, which is asked for */
    check_fails(collect_view("I0\nI8\n\x85I1\n\x85"), RSL_EFORMAT, "no storage here");
    check_fails(collect_view("I7\nI3\nI1\n\x86I0\nI9\n\x86"), RSL_EFORMAT, "no storage here");
    check_fails(collect_view("I8\nI0\n\x85I1\n\x85"), RSL_EFORMAT, "no storage here");
    check_fails(collect_view("I1\nI8\n\x85I1\n\x85"), RSL_EFORMAT,
                "tensor 'w': its last element is number 8 of a storage of 8");
    check_fails(collect_view("I0\nI2\nI3\n\x86I6\nI1\n\x86"), RSL_EFORMAT, "number 8");
    check_fails(collect_view("I-1\nI1\n\x85I1\n\x85"), RSL_EFORMAT, "offset");
    check_fails(collect_view("I0\nI-1\n\x85I1\n\x85"), RSL_EFORMAT, "size has an impossible");
    check_fails(collect_view("I0\nI1\n\x85I-1\n\x85"), RSL_EFORMAT, "stride has an impossible");
    check_fails(collect_view("I0\nI1\n\x85)"), RSL_EFORMAT, "1 dimensions and 0 strides");
    check_fails(collect_view("I0\nNI1\n\x85"), RSL_EFORMAT, "size is no tuple");
    check_fails(collect_view("I0\n(I1\nI1\nI1\nI1\nI1\nI1\nI1\nI1\nI1\nt)"), RSL_EUNSUPPORTED,
                "9 dimensions");
    check_fails(collect_view("I0\nI1000000000000\nI1000000000000\n\x86I0\nI0\n\x86"), RSL_EFORMAT,
                "too large");
    check_fails(collect_view("I0\nI1000000000000\n\x85I1000000000000\n\x85"), RSL_EFORMAT,
                "overflow");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_stack_and_memo),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_refused_opcodes),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_every_opcode),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_shared_dicts),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
