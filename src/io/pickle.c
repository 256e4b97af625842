/* See pickle.h; opcodes as in CPython's Lib/pickletools.py, protocols 0 to 5. */
#include "io/pickle.h"

#include "base/number.h"
#include "base/status.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

typedef struct rsl_pickle_value value;

struct machine {
    struct rsl_arena *arena;
    const uint8_t *data;
    size_t size, at;
    size_t start;             /* of the current opcode */
    size_t n_values, n_items; /* made so far; copied into containers so far */
    bool stopped;
    struct {
        value **at;
        size_t n, cap;
    } stack, memo, persistent;
    struct {
        size_t *at; /* heights of the stack */
        size_t n, cap;
    } marks;
};

#define malformed(...) rsl_fail(RSL_EFORMAT, __VA_ARGS__)

/* ---- reading arguments ---- */

static int take(struct machine *m, uint64_t n, const uint8_t **bytes) {
    if (n > m->size - m->at) return malformed("the pickle ends within an argument");
    *bytes = m->data + m->at;
    m->at += (size_t)n;
    return RSL_OK;
}

static uint64_t little_endian(const uint8_t *bytes, size_t n) {
    uint64_t v = 0;
    while (n--) v = v << 8 | bytes[n];
    return v;
}

static int take_uint(struct machine *m, size_t n, uint64_t *v) {
    const uint8_t *bytes;
    RSL_TRY(take(m, n, &bytes));
    *v = little_endian(bytes, n);
    return RSL_OK;
}

/* Up to the next newline, which is taken too. */
static int take_line(struct machine *m, const char **line, size_t *n) {
    const uint8_t *start = m->data + m->at, *end = memchr(start, '\n', m->size - m->at);
    if (!end) return malformed("the pickle ends within a line");
    *line = (const char *)start;
    *n = (size_t)(end - start);
    m->at += *n + 1;
    return RSL_OK;
}

/* ---- values and the stack ---- */

static value *make(struct machine *m, enum rsl_pickle_kind kind) {
    if (m->n_values++ >= RSL_PICKLE_MAX) {
        malformed("the pickle has more than %d values", RSL_PICKLE_MAX);
        return NULL;
    }
    value *v = rsl_arena_alloc(m->arena, sizeof *v);
    if (v) v->kind = kind;
    return v;
}

/* What `make` failed with. */
static int made_nothing(const struct machine *m) {
    return m->n_values > RSL_PICKLE_MAX ? RSL_EFORMAT : RSL_ENOMEM;
}

static int push(struct machine *m, value *v) {
    if (!v) return made_nothing(m);
    if (m->stack.n >= RSL_PICKLE_MAX)
        return malformed("the pickle's stack grows beyond %d", RSL_PICKLE_MAX);
    return rsl_vec_push(&m->stack, v);
}

/* The part of the stack above the last mark. */
static size_t height(const struct machine *m) {
    return m->stack.n - (m->marks.n ? m->marks.at[m->marks.n - 1] : 0);
}

static int pop(struct machine *m, value **v) {
    if (height(m) == 0) return malformed("the pickle takes from an empty stack");
    *v = m->stack.at[--m->stack.n];
    return RSL_OK;
}

static int top(struct machine *m, value **v) {
    if (height(m) == 0) return malformed("the pickle looks at an empty stack");
    *v = m->stack.at[m->stack.n - 1];
    return RSL_OK;
}

/* The values above the last mark, which is removed; valid until the next push. */
static int pop_mark(struct machine *m, value ***items, size_t *n) {
    if (m->marks.n == 0) return malformed("the pickle takes a mark that was never set");
    *n = height(m);
    m->stack.n -= *n;
    m->marks.n--;
    *items = *n ? m->stack.at + m->stack.n : NULL;
    return RSL_OK;
}

static int push_text(struct machine *m, enum rsl_pickle_kind kind, const void *bytes, size_t n) {
    value *v = make(m, kind);
    if (!v) return made_nothing(m);
    v->text.at = rsl_arena_strndup(m->arena, bytes, n);
    v->text.n = n;
    return v->text.at ? push(m, v) : RSL_ENOMEM;
}

static int count_items(struct machine *m, size_t n) {
    m->n_items += n;
    if (m->n_items <= (size_t)RSL_PICKLE_MAX * 2) return RSL_OK;
    return malformed("the pickle's containers have more than %d items", RSL_PICKLE_MAX * 2);
}

/* Appends items; outgrown arrays stay in the arena, together at most as large as the last one. */
static int append(struct machine *m, value *v, value *const *items, size_t n) {
    RSL_TRY(count_items(m, n));
    if (v->items.cap - v->items.n < n) {
        size_t cap = (v->items.n + n) * 2;
        value **grown = rsl_arena_array(m->arena, cap, sizeof *grown);
        if (!grown) return RSL_ENOMEM;
        if (v->items.n) memcpy(grown, v->items.at, v->items.n * sizeof *grown);
        v->items.at = grown;
        v->items.cap = cap;
    }
    if (n) memcpy(v->items.at + v->items.n, items, n * sizeof *items);
    v->items.n += n;
    return RSL_OK;
}

static int push_items(struct machine *m, enum rsl_pickle_kind kind, value *const *items, size_t n) {
    if (kind == RSL_PICKLE_DICT && n % 2) return malformed("a dict has a key without a value");
    RSL_TRY(count_items(m, n));
    value *v = make(m, kind);
    if (!v) return made_nothing(m);
    v->items.at = rsl_arena_array(m->arena, n, sizeof *items);
    if (!v->items.at) return RSL_ENOMEM;
    if (n) memcpy(v->items.at, items, n * sizeof *items);
    v->items.n = v->items.cap = n;
    return push(m, v);
}

/* ---- opcodes: constants ---- */

static int op_proto(struct machine *m, int op) {
    (void)op;
    uint64_t version;
    RSL_TRY(take_uint(m, 1, &version));
    return version <= 5 ? RSL_OK : malformed("pickle protocol %d is not known", (int)version);
}

/* Frames only help to read ahead; the length must still be possible. */
static int op_frame(struct machine *m, int op) {
    (void)op;
    uint64_t n;
    RSL_TRY(take_uint(m, 8, &n));
    return n <= m->size - m->at ? RSL_OK : malformed("a frame is longer than the pickle");
}

static int op_none(struct machine *m, int op) {
    (void)op;
    return push(m, make(m, RSL_PICKLE_NONE));
}

static int push_int(struct machine *m, enum rsl_pickle_kind kind, int64_t i) {
    value *v = make(m, kind);
    if (v) v->i = i;
    return push(m, v);
}

static int op_bool(struct machine *m, int op) {
    return push_int(m, RSL_PICKLE_BOOL, op == 0x88);
}

static int op_binint(struct machine *m, int op) {
    uint64_t v;
    RSL_TRY(take_uint(m, op == 'J' ? 4 : op == 'M' ? 2 : 1, &v));
    return push_int(m, RSL_PICKLE_INT, op == 'J' ? (int32_t)(uint32_t)v : (int64_t)v);
}

/* Two's complement, little endian, of any length. */
static int op_long(struct machine *m, int op) {
    uint64_t n;
    const uint8_t *bytes;
    RSL_TRY(take_uint(m, op == 0x8a ? 1 : 4, &n));
    RSL_TRY(take(m, n, &bytes));
    if (n > 8) return push_text(m, RSL_PICKLE_BIG_INT, bytes, (size_t)n);
    uint64_t v = little_endian(bytes, (size_t)n);
    if (n && n < 8 && bytes[n - 1] & 0x80) v |= UINT64_MAX << 8 * n;
    return push_int(m, RSL_PICKLE_INT, (int64_t)v);
}

/* INT and LONG of protocol 0: decimal lines; "00" and "01" are booleans, LONG ends in L. */
static int op_int_line(struct machine *m, int op) {
    const char *line;
    char digits[24];
    size_t n;
    RSL_TRY(take_line(m, &line, &n));
    if (op == 'I' && n == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
        return push_int(m, RSL_PICKLE_BOOL, line[1] == '1');
    if (op == 'L' && n && line[n - 1] == 'L') n--;
    if (n > 18) return push_text(m, RSL_PICKLE_BIG_INT, line, n);
    memcpy(digits, line, n);
    digits[n] = 0;
    char *end;
    long long v = strtoll(digits, &end, 10);
    if (n == 0 || end != digits + n) return malformed("'%s' is no integer", digits);
    return push_int(m, RSL_PICKLE_INT, v);
}

static int push_float(struct machine *m, double f) {
    value *v = make(m, RSL_PICKLE_FLOAT);
    if (v) v->f = f;
    return push(m, v);
}

static int op_float_line(struct machine *m, int op) {
    (void)op;
    const char *line;
    char digits[64];
    size_t n;
    RSL_TRY(take_line(m, &line, &n));
    if (n >= sizeof digits) return malformed("a float has %zu digits", n);
    memcpy(digits, line, n);
    digits[n] = 0;
    char *end;
    double f = rsl_parse_double(digits, &end);
    if (n == 0 || end != digits + n) return malformed("'%s' is no float", digits);
    return push_float(m, f);
}

static int op_binfloat(struct machine *m, int op) {
    (void)op;
    const uint8_t *bytes;
    uint64_t bits = 0;
    double f;
    RSL_TRY(take(m, 8, &bytes));
    for (int i = 0; i < 8; i++) bits = bits << 8 | bytes[i]; /* big endian */
    memcpy(&f, &bits, sizeof f);
    return push_float(m, f);
}

/* STRING and UNICODE of protocol 0: lines that we read when they need no unescaping. */
static int op_text_line(struct machine *m, int op) {
    const char *line;
    size_t n;
    RSL_TRY(take_line(m, &line, &n));
    if (op == 'S') {
        if (n < 2 || line[0] != line[n - 1] || (line[0] != '\'' && line[0] != '"'))
            return malformed("a text has no quotes");
        line++;
        n -= 2;
    }
    if (memchr(line, '\\', n)) return rsl_fail(RSL_EUNSUPPORTED, "a text with escapes is not read");
    return push_text(m, RSL_PICKLE_TEXT, line, n);
}

/* Length of the length, and what follows. Python 2's binary strings are taken as texts. */
static int push_counted(struct machine *m, enum rsl_pickle_kind kind, size_t length) {
    uint64_t n;
    const uint8_t *bytes;
    RSL_TRY(take_uint(m, length, &n));
    RSL_TRY(take(m, n, &bytes));
    return push_text(m, kind, bytes, (size_t)n);
}

static int op_text(struct machine *m, int op) {
    size_t length = op == 'X' || op == 'T' ? 4 : op == 0x8d ? 8 : 1;
    return push_counted(m, RSL_PICKLE_TEXT, length);
}

static int op_bytes(struct machine *m, int op) {
    return push_counted(m, RSL_PICKLE_BYTES, op == 'B' ? 4 : op == 'C' ? 1 : 8);
}

/* ---- opcodes: containers ---- */

static int op_mark(struct machine *m, int op) {
    (void)op;
    if (m->marks.n >= RSL_PICKLE_MAX) return malformed("more than %d marks", RSL_PICKLE_MAX);
    return rsl_vec_push(&m->marks, m->stack.n);
}

static int op_empty(struct machine *m, int op) {
    enum rsl_pickle_kind kind = op == ']' || op == 0x8f ? RSL_PICKLE_LIST
                                : op == '}'             ? RSL_PICKLE_DICT
                                                        : RSL_PICKLE_TUPLE;
    return push(m, make(m, kind));
}

/* TUPLE, LIST and DICT from everything above the mark. */
static int op_marked(struct machine *m, int op) {
    value **items;
    size_t n;
    enum rsl_pickle_kind kind = op == 'l'   ? RSL_PICKLE_LIST
                                : op == 'd' ? RSL_PICKLE_DICT
                                            : RSL_PICKLE_TUPLE;
    RSL_TRY(pop_mark(m, &items, &n));
    return push_items(m, kind, items, n);
}

/* TUPLE1, TUPLE2, TUPLE3 */
static int op_tuple(struct machine *m, int op) {
    value *items[3];
    size_t n = (size_t)(op - 0x84);
    for (size_t i = n; i > 0; i--) RSL_TRY(pop(m, &items[i - 1]));
    return push_items(m, RSL_PICKLE_TUPLE, items, n);
}

/* Objects take items too (a defaultdict does); theirs are dropped. */
static int append_to(struct machine *m, enum rsl_pickle_kind kind, value *const *items, size_t n) {
    value *v;
    RSL_TRY(top(m, &v));
    if (v->kind == RSL_PICKLE_CALL) return RSL_OK;
    if (v->kind != kind) return malformed("the pickle puts items into what is no list or dict");
    if (kind == RSL_PICKLE_DICT && n % 2) return malformed("a dict has a key without a value");
    return append(m, v, items, n);
}

static int op_append(struct machine *m, int op) {
    value *items[2];
    size_t n = op == 'a' ? 1 : 2;
    for (size_t i = n; i > 0; i--) RSL_TRY(pop(m, &items[i - 1]));
    return append_to(m, op == 'a' ? RSL_PICKLE_LIST : RSL_PICKLE_DICT, items, n);
}

static int op_appends(struct machine *m, int op) {
    value **items;
    size_t n;
    RSL_TRY(pop_mark(m, &items, &n));
    return append_to(m, op == 'u' ? RSL_PICKLE_DICT : RSL_PICKLE_LIST, items, n);
}

static int op_pop(struct machine *m, int op) {
    value *v, **items;
    size_t n;
    /* POP takes the mark when nothing lies above it, as pickle.py does */
    if (op == '1' || (height(m) == 0 && m->marks.n)) return pop_mark(m, &items, &n);
    return pop(m, &v);
}

static int op_dup(struct machine *m, int op) {
    (void)op;
    value *v;
    RSL_TRY(top(m, &v));
    return push(m, v);
}

/* ---- opcodes: memo ---- */

static int memo_index(struct machine *m, int op, uint64_t *i) {
    if (op == 'q' || op == 'h') return take_uint(m, 1, i);
    if (op == 'r' || op == 'j') return take_uint(m, 4, i);
    const char *line;
    size_t n;
    RSL_TRY(take_line(m, &line, &n));
    *i = 0;
    for (size_t k = 0; k < n; k++) {
        if (line[k] < '0' || line[k] > '9') return malformed("a memo index is no number");
        *i = *i * 10 + (uint64_t)(line[k] - '0');
        if (*i >= RSL_PICKLE_MAX) break;
    }
    return n ? RSL_OK : malformed("a memo index is no number");
}

static int op_put(struct machine *m, int op) {
    uint64_t i = m->memo.n; /* MEMOIZE takes the next */
    value *v;
    if (op != 0x94) RSL_TRY(memo_index(m, op, &i));
    RSL_TRY(top(m, &v));
    if (i >= RSL_PICKLE_MAX) return malformed("a memo index is beyond %d", RSL_PICKLE_MAX);
    while (m->memo.n <= i) RSL_TRY(rsl_vec_push(&m->memo, NULL));
    m->memo.at[i] = v;
    return RSL_OK;
}

static int op_get(struct machine *m, int op) {
    uint64_t i;
    RSL_TRY(memo_index(m, op, &i));
    if (i >= m->memo.n || !m->memo.at[i]) return malformed("memo item %d is not there", (int)i);
    return push(m, m->memo.at[i]);
}

/* ---- opcodes: globals and objects ---- */

static int push_global(struct machine *m, const char *module, size_t module_n, const char *name,
                       size_t name_n) {
    value *v = make(m, RSL_PICKLE_GLOBAL);
    if (!v) return made_nothing(m);
    v->global.module = rsl_arena_strndup(m->arena, module, module_n);
    v->global.name = rsl_arena_strndup(m->arena, name, name_n);
    if (!v->global.module || !v->global.name) return RSL_ENOMEM;
    if (strlen(v->global.module) != module_n || strlen(v->global.name) != name_n)
        return malformed("the name of a class has a zero inside");
    return push(m, v);
}

static int op_global(struct machine *m, int op) {
    (void)op;
    const char *module, *name;
    size_t module_n, name_n;
    RSL_TRY(take_line(m, &module, &module_n));
    RSL_TRY(take_line(m, &name, &name_n));
    return push_global(m, module, module_n, name, name_n);
}

static int op_stack_global(struct machine *m, int op) {
    (void)op;
    value *module, *name;
    RSL_TRY(pop(m, &name));
    RSL_TRY(pop(m, &module));
    if (name->kind != RSL_PICKLE_TEXT || module->kind != RSL_PICKLE_TEXT)
        return malformed("a class is not named by texts");
    return push_global(m, module->text.at, module->text.n, name->text.at, name->text.n);
}

/* OrderedDict() or, as Python 2 wrote it, OrderedDict([[key, value], ...]). */
static int push_ordered_dict(struct machine *m, const value *args) {
    RSL_TRY(push_items(m, RSL_PICKLE_DICT, NULL, 0));
    if (args->items.n == 0) return RSL_OK;
    const value *pairs = args->items.at[0];
    value *dict = m->stack.at[m->stack.n - 1];
    if (args->items.n > 1 || pairs->kind != RSL_PICKLE_LIST)
        return malformed("an OrderedDict is not made from a list of pairs");
    for (size_t i = 0; i < pairs->items.n; i++) {
        const value *pair = pairs->items.at[i];
        if ((pair->kind != RSL_PICKLE_LIST && pair->kind != RSL_PICKLE_TUPLE) || pair->items.n != 2)
            return malformed("an OrderedDict is not made from a list of pairs");
        RSL_TRY(append(m, dict, pair->items.at, 2));
    }
    return RSL_OK;
}

/* What calling would give: a value that says who would have been called with what. */
static int push_call(struct machine *m, value *callee, value *args) {
    if (args->kind != RSL_PICKLE_TUPLE) return malformed("the pickle calls without arguments");
    if (rsl_pickle_is(callee, "collections", "OrderedDict")) return push_ordered_dict(m, args);
    value *v = make(m, RSL_PICKLE_CALL);
    if (!v) return made_nothing(m);
    v->call.callee = callee;
    v->call.args = args;
    return push(m, v);
}

/* REDUCE, NEWOBJ, and NEWOBJ_EX with arguments by name, which are dropped. */
static int op_call(struct machine *m, int op) {
    value *callee, *args, *named;
    if (op == 0x92) RSL_TRY(pop(m, &named));
    RSL_TRY(pop(m, &args));
    RSL_TRY(pop(m, &callee));
    return push_call(m, callee, args);
}

/* OBJ and INST of protocols 0 and 1: arguments above the mark, the class before them or by name. */
static int op_instance(struct machine *m, int op) {
    value *callee, *args;
    RSL_TRY(op_marked(m, 't'));
    RSL_TRY(pop(m, &args));
    if (op == 'i') {
        RSL_TRY(op_global(m, op));
        RSL_TRY(pop(m, &callee));
        return push_call(m, callee, args);
    }
    if (args->items.n == 0) return malformed("the pickle makes an object of no class");
    callee = *args->items.at++;
    args->items.n--;
    args->items.cap = args->items.n;
    return push_call(m, callee, args);
}

static int op_build(struct machine *m, int op) {
    (void)op;
    value *state, *v;
    RSL_TRY(pop(m, &state));
    RSL_TRY(top(m, &v));
    if (v->kind == RSL_PICKLE_CALL)
        v->call.state = state;
    else if (v->kind != RSL_PICKLE_DICT)
        return malformed("the pickle sets the state of what is no object");
    return RSL_OK;
}

static int op_persistent(struct machine *m, int op) {
    if (op == 'P') {
        const char *line;
        size_t n;
        RSL_TRY(take_line(m, &line, &n));
        RSL_TRY(push_text(m, RSL_PICKLE_TEXT, line, n));
    }
    value *id, *v;
    RSL_TRY(pop(m, &id));
    v = make(m, RSL_PICKLE_PERSISTENT);
    if (!v) return made_nothing(m);
    v->id = id;
    RSL_TRY(push(m, v));
    return rsl_vec_push(&m->persistent, v);
}

static int op_stop(struct machine *m, int op) {
    (void)op;
    value *v;
    RSL_TRY(top(m, &v));
    if (m->stack.n != 1 || m->marks.n) return malformed("the pickle stops with work left to do");
    m->stopped = true;
    return RSL_OK;
}

/* NULL in `run`: known to pickle, in no checkpoint, refused. Sets are lists here. */
static const struct opcode {
    const char *name;
    int (*run)(struct machine *m, int op);
} opcodes[256] = {
    ['('] = {"MARK", op_mark},
    ['.'] = {"STOP", op_stop},
    ['0'] = {"POP", op_pop},
    ['1'] = {"POP_MARK", op_pop},
    ['2'] = {"DUP", op_dup},
    ['F'] = {"FLOAT", op_float_line},
    ['I'] = {"INT", op_int_line},
    ['J'] = {"BININT", op_binint},
    ['K'] = {"BININT1", op_binint},
    ['L'] = {"LONG", op_int_line},
    ['M'] = {"BININT2", op_binint},
    ['N'] = {"NONE", op_none},
    ['P'] = {"PERSID", op_persistent},
    ['Q'] = {"BINPERSID", op_persistent},
    ['R'] = {"REDUCE", op_call},
    ['S'] = {"STRING", op_text_line},
    ['T'] = {"BINSTRING", op_text},
    ['U'] = {"SHORT_BINSTRING", op_text},
    ['V'] = {"UNICODE", op_text_line},
    ['X'] = {"BINUNICODE", op_text},
    ['a'] = {"APPEND", op_append},
    ['b'] = {"BUILD", op_build},
    ['c'] = {"GLOBAL", op_global},
    ['d'] = {"DICT", op_marked},
    ['}'] = {"EMPTY_DICT", op_empty},
    ['e'] = {"APPENDS", op_appends},
    ['g'] = {"GET", op_get},
    ['h'] = {"BINGET", op_get},
    ['i'] = {"INST", op_instance},
    ['j'] = {"LONG_BINGET", op_get},
    ['l'] = {"LIST", op_marked},
    [']'] = {"EMPTY_LIST", op_empty},
    ['o'] = {"OBJ", op_instance},
    ['p'] = {"PUT", op_put},
    ['q'] = {"BINPUT", op_put},
    ['r'] = {"LONG_BINPUT", op_put},
    ['s'] = {"SETITEM", op_append},
    ['t'] = {"TUPLE", op_marked},
    [')'] = {"EMPTY_TUPLE", op_empty},
    ['u'] = {"SETITEMS", op_appends},
    ['G'] = {"BINFLOAT", op_binfloat},
    ['B'] = {"BINBYTES", op_bytes},
    ['C'] = {"SHORT_BINBYTES", op_bytes},
    [0x80] = {"PROTO", op_proto},
    [0x81] = {"NEWOBJ", op_call},
    [0x82] = {"EXT1", NULL},
    [0x83] = {"EXT2", NULL},
    [0x84] = {"EXT4", NULL},
    [0x85] = {"TUPLE1", op_tuple},
    [0x86] = {"TUPLE2", op_tuple},
    [0x87] = {"TUPLE3", op_tuple},
    [0x88] = {"NEWTRUE", op_bool},
    [0x89] = {"NEWFALSE", op_bool},
    [0x8a] = {"LONG1", op_long},
    [0x8b] = {"LONG4", op_long},
    [0x8c] = {"SHORT_BINUNICODE", op_text},
    [0x8d] = {"BINUNICODE8", op_text},
    [0x8e] = {"BINBYTES8", op_bytes},
    [0x8f] = {"EMPTY_SET", op_empty},
    [0x90] = {"ADDITEMS", op_appends},
    [0x91] = {"FROZENSET", op_marked},
    [0x92] = {"NEWOBJ_EX", op_call},
    [0x93] = {"STACK_GLOBAL", op_stack_global},
    [0x94] = {"MEMOIZE", op_put},
    [0x95] = {"FRAME", op_frame},
    [0x96] = {"BYTEARRAY8", op_bytes},
    [0x97] = {"NEXT_BUFFER", NULL},
    [0x98] = {"READONLY_BUFFER", NULL},
};

static int step(struct machine *m) {
    const uint8_t *op;
    m->start = m->at;
    if (m->at == m->size) return malformed("the pickle ends without STOP");
    RSL_TRY(take(m, 1, &op));
    const struct opcode *o = &opcodes[*op];
    if (o->run) return o->run(m, *op);
    return rsl_fail(RSL_EUNSUPPORTED, "opcode %s (0x%02x) is refused: checkpoints do not need it",
                    o->name ? o->name : "unknown", *op);
}

int rsl_pickle_parse(struct rsl_pickle *p, struct rsl_arena *arena, const uint8_t *data,
                     size_t size) {
    struct machine m = {.arena = arena, .data = data, .size = size};
    int rc = RSL_OK;
    *p = (struct rsl_pickle){0};
    while (!m.stopped && rc == RSL_OK) rc = step(&m);
    if (rc < 0) {
        rsl_fail_in(rc, "pickle byte %zu", m.start);
        goto out;
    }
    p->root = m.stack.at[0];
    p->used = m.at;
    p->n_persistent = m.persistent.n;
    p->persistent = rsl_arena_memdup(arena, m.persistent.at, m.persistent.n * sizeof(value *));
    rc = p->persistent ? RSL_OK : RSL_ENOMEM;
out:
    rsl_free(m.stack.at);
    rsl_free(m.marks.at);
    rsl_free(m.memo.at);
    rsl_free(m.persistent.at);
    return rc;
}

bool rsl_pickle_is(const value *v, const char *module, const char *name) {
    return v->kind == RSL_PICKLE_GLOBAL && strcmp(v->global.module, module) == 0 &&
           strcmp(v->global.name, name) == 0;
}

value *rsl_pickle_get(const value *dict, const char *key) {
    if (dict->kind != RSL_PICKLE_DICT) return NULL;
    size_t length = strlen(key);
    for (size_t i = 0; i < dict->items.n; i += 2) {
        const value *k = dict->items.at[i];
        bool named = k->kind == RSL_PICKLE_TEXT || k->kind == RSL_PICKLE_BYTES;
        if (named && k->text.n == length && memcmp(k->text.at, key, length) == 0)
            return dict->items.at[i + 1];
    }
    return NULL;
}
