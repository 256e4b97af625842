/* Opcodes that push one value: None, booleans, numbers, texts, bytes; and PROTO and FRAME, which
 * say something about the bytes that follow. Numbers of protocol 0 are decimal lines. */
#include "io/pickle_machine.h"

#include "base/number.h"

#include <stdlib.h>
#include <string.h>

int rsl_pickle_op_proto(struct rsl_pickle_machine *m, int op) {
    (void)op;
    uint64_t version;
    RSL_TRY(rsl_pickle_take_uint(m, 1, &version));
    return version <= 5 ? RSL_OK : malformed("pickle protocol %d is not known", (int)version);
}

/* Frames only help to read ahead; the length must still be possible. */
int rsl_pickle_op_frame(struct rsl_pickle_machine *m, int op) {
    (void)op;
    uint64_t n;
    RSL_TRY(rsl_pickle_take_uint(m, 8, &n));
    return n <= m->size - m->at ? RSL_OK : malformed("a frame is longer than the pickle");
}

int rsl_pickle_op_none(struct rsl_pickle_machine *m, int op) {
    (void)op;
    value *v;
    RSL_TRY(rsl_pickle_make(m, RSL_PICKLE_NONE, &v));
    return rsl_pickle_push(m, v);
}

static int push_int(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, int64_t i) {
    value *v;
    RSL_TRY(rsl_pickle_make(m, kind, &v));
    v->i = i;
    return rsl_pickle_push(m, v);
}

int rsl_pickle_op_bool(struct rsl_pickle_machine *m, int op) {
    return push_int(m, RSL_PICKLE_BOOL, op == 0x88);
}

int rsl_pickle_op_binint(struct rsl_pickle_machine *m, int op) {
    uint64_t v;
    RSL_TRY(rsl_pickle_take_uint(m, op == 'J' ? 4 : op == 'M' ? 2 : 1, &v));
    return push_int(m, RSL_PICKLE_INT, op == 'J' ? (int32_t)(uint32_t)v : (int64_t)v);
}

/* Two's complement, little endian, of any length. */
int rsl_pickle_op_long(struct rsl_pickle_machine *m, int op) {
    uint64_t n;
    const uint8_t *bytes;
    RSL_TRY(rsl_pickle_take_uint(m, op == 0x8a ? 1 : 4, &n));
    RSL_TRY(rsl_pickle_take(m, n, &bytes));
    if (n > 8) return rsl_pickle_push_text(m, RSL_PICKLE_BIG_INT, bytes, (size_t)n);
    uint64_t v = rsl_pickle_little_endian(bytes, (size_t)n);
    if (n && n < 8 && bytes[n - 1] & 0x80) v |= UINT64_MAX << 8 * n;
    return push_int(m, RSL_PICKLE_INT, (int64_t)v);
}

/* INT and LONG of protocol 0: decimal lines; "00" and "01" are booleans, LONG ends in L. */
int rsl_pickle_op_int_line(struct rsl_pickle_machine *m, int op) {
    const char *line;
    char digits[24];
    size_t n;
    RSL_TRY(rsl_pickle_take_line(m, &line, &n));
    if (op == 'I' && n == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
        return push_int(m, RSL_PICKLE_BOOL, line[1] == '1');
    if (op == 'L' && n && line[n - 1] == 'L') n--;
    if (n > 18) return rsl_pickle_push_text(m, RSL_PICKLE_BIG_INT, line, n);
    memcpy(digits, line, n);
    digits[n] = 0;
    char *end;
    long long v = strtoll(digits, &end, 10);
    if (n == 0 || end != digits + n) return malformed("'%s' is no integer", digits);
    return push_int(m, RSL_PICKLE_INT, v);
}

static int push_float(struct rsl_pickle_machine *m, double f) {
    value *v;
    RSL_TRY(rsl_pickle_make(m, RSL_PICKLE_FLOAT, &v));
    v->f = f;
    return rsl_pickle_push(m, v);
}

int rsl_pickle_op_float_line(struct rsl_pickle_machine *m, int op) {
    (void)op;
    const char *line;
    char digits[64];
    size_t n;
    RSL_TRY(rsl_pickle_take_line(m, &line, &n));
    if (n >= sizeof digits) return malformed("a float has %zu digits", n);
    memcpy(digits, line, n);
    digits[n] = 0;
    char *end;
    double f = rsl_parse_double(digits, &end);
    if (n == 0 || end != digits + n) return malformed("'%s' is no float", digits);
    return push_float(m, f);
}

int rsl_pickle_op_binfloat(struct rsl_pickle_machine *m, int op) {
    (void)op;
    const uint8_t *bytes;
    uint64_t bits = 0;
    double f;
    RSL_TRY(rsl_pickle_take(m, 8, &bytes));
    for (int i = 0; i < 8; i++) bits = bits << 8 | bytes[i]; /* big endian */
    memcpy(&f, &bits, sizeof f);
    return push_float(m, f);
}

/* STRING and UNICODE of protocol 0: lines that we read when they need no unescaping. */
int rsl_pickle_op_text_line(struct rsl_pickle_machine *m, int op) {
    const char *line;
    size_t n;
    RSL_TRY(rsl_pickle_take_line(m, &line, &n));
    if (op == 'S') {
        if (n < 2 || line[0] != line[n - 1] || (line[0] != '\'' && line[0] != '"'))
            return malformed("a text has no quotes");
        line++;
        n -= 2;
    }
    if (memchr(line, '\\', n)) return rsl_fail(RSL_EUNSUPPORTED, "a text with escapes is not read");
    return rsl_pickle_push_text(m, RSL_PICKLE_TEXT, line, n);
}

/* Length of the length, and what follows. Python 2's binary strings are taken as texts. */
static int push_counted(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, size_t length) {
    uint64_t n;
    const uint8_t *bytes;
    RSL_TRY(rsl_pickle_take_uint(m, length, &n));
    RSL_TRY(rsl_pickle_take(m, n, &bytes));
    return rsl_pickle_push_text(m, kind, bytes, (size_t)n);
}

int rsl_pickle_op_text(struct rsl_pickle_machine *m, int op) {
    size_t length = op == 'X' || op == 'T' ? 4 : op == 0x8d ? 8 : 1;
    return push_counted(m, RSL_PICKLE_TEXT, length);
}

int rsl_pickle_op_bytes(struct rsl_pickle_machine *m, int op) {
    return push_counted(m, RSL_PICKLE_BYTES, op == 'B' ? 4 : op == 'C' ? 1 : 8);
}
