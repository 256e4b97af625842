/* See columns.h. */
#include "report/columns.h"

#include "base/alloc.h"
#include "base/vec.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int add(struct rsl_report_column *c, const char *json) {
    int64_t which = rsl_map_get(&c->seen, json);
    if (which < 0) {
        char *own = rsl_arena_strdup(&c->arena, json);
        if (!own) return RSL_ENOMEM;
        which = (int64_t)c->different.n;
        RSL_TRY(rsl_vec_push(&c->different, own));
        RSL_TRY(rsl_map_set(&c->seen, own, which));
        c->once += strlen(json) + 1;
    }
    c->plain += strlen(json) + 1;
    for (int64_t rest = which; rest >= 10; rest /= 10) c->indices++;
    c->indices += 2;
    return rsl_vec_push(&c->which, which);
}

static void add_json(struct rsl_report_column *c) {
    int rc = c->one.text.status < 0 ? c->one.text.status : c->status;
    if (rc == RSL_OK) rc = add(c, c->one.text.at);
    c->status = rc;
    c->one.text.n = 0;
    c->one.comma = false;
}

void rsl_report_column_text(struct rsl_report_column *c, const char *text) {
    if (text)
        rsl_json_string(&c->one, text);
    else
        rsl_json_null(&c->one);
    add_json(c);
}

void rsl_report_column_int(struct rsl_report_column *c, int64_t value) {
    rsl_json_int(&c->one, value);
    add_json(c);
}

void rsl_report_column_real(struct rsl_report_column *c, double value) {
    rsl_json_double(&c->one, value);
    add_json(c);
    if (c->status == RSL_OK)
        c->status = rsl_vec_push(&c->reals, isfinite(value) ? value : (double)NAN);
}

/* ---- writing ---- */

static void put_values(struct rsl_text *t, const struct rsl_report_column *c, bool all) {
    size_t n = all ? c->which.n : c->different.n;
    rsl_text_puts(t, "[");
    for (size_t i = 0; i < n; i++) {
        rsl_text_puts(t, i ? "," : "");
        rsl_text_puts(t, c->different.at[all ? (size_t)c->which.at[i] : i]);
    }
    rsl_text_puts(t, "]");
}

static void put_indexed(struct rsl_text *t, const struct rsl_report_column *c) {
    rsl_text_puts(t, "{\"of\":");
    put_values(t, c, false);
    rsl_text_puts(t, ",\"at\":[");
    for (size_t i = 0; i < c->which.n; i++)
        rsl_text_printf(t, "%s%" PRId64, i ? "," : "", c->which.at[i]);
    rsl_text_puts(t, "]}");
}

static uint8_t byte_of(const struct rsl_report_column *c, size_t i) {
    uint64_t bits;
    memcpy(&bits, &c->reals.at[i / 8], sizeof bits);
    return (uint8_t)(bits >> 8 * (i % 8));
}

/* RFC 4648, three bytes to four letters. */
static void put_base64(struct rsl_text *t, const struct rsl_report_column *c) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 8 * c->reals.n;
    rsl_text_puts(t, "{\"f64\":\"");
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t three = (uint32_t)byte_of(c, i) << 16;
        if (left > 1) three |= (uint32_t)byte_of(c, i + 1) << 8;
        if (left > 2) three |= byte_of(c, i + 2);
        const char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
                              left > 1 ? letters[three >> 6 & 63] : '=',
                              left > 2 ? letters[three & 63] : '='};
        rsl_text_add(t, four, sizeof four);
    }
    rsl_text_puts(t, "\"}");
}

static void put(struct rsl_text *t, const struct rsl_report_column *c) {
    size_t n = c->which.n, indexed = c->once + c->indices + 15;
    bool dense = n >= RSL_REPORT_DENSE && c->reals.n == n;
    size_t base64 = dense ? (8 * n + 2) / 3 * 4 + 10 : SIZE_MAX;
    if (c->different.n == 1 && n > 1) {
        rsl_text_puts(t, "{\"all\":");
        rsl_text_puts(t, c->different.at[0]);
        rsl_text_puts(t, "}");
    } else if (indexed < c->plain && indexed < base64) {
        put_indexed(t, c);
    } else if (base64 < c->plain) {
        put_base64(t, c);
    } else {
        put_values(t, c, true);
    }
}

void rsl_report_column_end(struct rsl_report_column *c, struct rsl_json *j, const char *key) {
    rsl_json_key(j, key);
    if (c->status < 0)
        j->text.status = c->status;
    else
        put(&j->text, c);
    j->comma = true;
    rsl_arena_free(&c->arena);
    rsl_map_free(&c->seen);
    rsl_text_free(&c->one.text);
    rsl_free(c->different.at);
    rsl_free(c->which.at);
    rsl_free(c->reals.at);
    *c = (struct rsl_report_column){0};
}
