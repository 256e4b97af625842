/* See json.h. */
#include "base/json.h"

#include "base/alloc.h"
#include "base/number.h"
#include "base/status.h"

#include <inttypes.h>
#include <math.h>
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

/* Nothing is written from then on. */
static void fail(struct rsl_json *j, const char *sentence) {
    if (j->text.status == RSL_OK) j->text.status = rsl_fail(RSL_EARG, "%s", sentence);
}

static void open(struct rsl_json *j, const char *opener, char closer) {
    item(j);
    rsl_text_puts(&j->text, opener);
    if (j->depth == (int)sizeof j->closers) {
        fail(j, "JSON is nested too deep");
        return;
    }
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
    if (j->depth == 0) {
        fail(j, "JSON has an end without a beginning");
        return;
    }
    rsl_text_add(&j->text, &j->closers[--j->depth], 1);
    j->comma = true;
}

static void quoted(struct rsl_json *j, const char *text) {
    struct rsl_text *t = &j->text;
    rsl_text_add(t, "\"", 1);
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int n = rsl_utf8_length((const char *)s);
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
    char digits[RSL_NUMBER_TEXT];
    item(j);
    rsl_text_puts(&j->text, rsl_number_text(value, digits));
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
