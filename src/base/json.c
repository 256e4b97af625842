/* See json.h. */
#include "base/json.h"

#include "base/alloc.h"
#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rsl_json *rsl_json_new(void) {
    return rsl_calloc(1, sizeof(struct rsl_json));
}

void rsl_json_free(struct rsl_json *j) {
    if (j) rsl_text_free(&j->text);
    rsl_free(j);
}

const char *rsl_json_text(const struct rsl_json *j) {
    return j->text.at ? j->text.at : "";
}

static void item(struct rsl_json *j) {
    if (j->comma) rsl_text_add(&j->text, ",", 1);
    j->comma = true;
}

static void open(struct rsl_json *j, const char *opener, char closer) {
    item(j);
    rsl_text_puts(&j->text, opener);
    assert(j->depth < (int)sizeof j->closers);
    j->closers[j->depth++] = closer;
    j->comma = false;
}

void rsl_json_object(struct rsl_json *j) {
    open(j, "{", '}');
}

void rsl_json_array(struct rsl_json *j) {
    open(j, "[", ']');
}

void rsl_json_end(struct rsl_json *j) {
    assert(j->depth > 0);
    rsl_text_add(&j->text, &j->closers[--j->depth], 1);
    j->comma = true;
}

/* Length of the valid UTF-8 sequence at s (1..4), or 0. Rejects overlong forms and surrogates. */
static int utf8_length(const unsigned char *s) {
    if (s[0] < 0x80) return 1;
    int n = s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
    if (s[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
    if (s[0] == 0xed && s[1] > 0x9f) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;
    if (s[0] == 0xf4 && s[1] > 0x8f) return 0;
    return n;
}

static void quoted(struct rsl_json *j, const char *text) {
    struct rsl_text *t = &j->text;
    rsl_text_add(t, "\"", 1);
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int n = utf8_length(s);
        if (n == 0) {
            rsl_text_puts(t, "\xef\xbf\xbd");
            s++;
        } else if (*s == '"' || *s == '\\') {
            rsl_text_printf(t, "\\%c", *s++);
        } else if (*s < 0x20) {
            rsl_text_printf(t, "\\u%04x", *s++);
        } else {
            rsl_text_add(t, (const char *)s, (size_t)n);
            s += n;
        }
    }
    rsl_text_add(t, "\"", 1);
}

void rsl_json_key(struct rsl_json *j, const char *key) {
    item(j);
    quoted(j, key);
    rsl_text_add(&j->text, ":", 1);
    j->comma = false;
}

void rsl_json_string(struct rsl_json *j, const char *text) {
    item(j);
    quoted(j, text);
}

void rsl_json_int(struct rsl_json *j, int64_t value) {
    item(j);
    rsl_text_printf(&j->text, "%" PRId64, value);
}

void rsl_json_double(struct rsl_json *j, double value) {
    if (!isfinite(value)) {
        rsl_json_null(j);
        return;
    }
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    item(j);
    rsl_text_puts(&j->text, digits);
}

void rsl_json_bool(struct rsl_json *j, bool value) {
    item(j);
    rsl_text_puts(&j->text, value ? "true" : "false");
}

void rsl_json_null(struct rsl_json *j) {
    item(j);
    rsl_text_puts(&j->text, "null");
}

int rsl_json_status(const struct rsl_json *j) {
    if (j->text.status < 0) return j->text.status;
    return j->depth == 0 ? RSL_OK : rsl_fail(RSL_EINTERNAL, "JSON text ended inside an object");
}
