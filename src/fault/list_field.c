/* What stands in the fields of a fault list's rows: see fault_list.h. What could mean something
 * else is refused, so that nobody replays faults other than those that were meant. */
#include "base/status.h"
#include "fault/list_row.h"
#include "tensor/tensor.h"

#include <string.h>
#include <strings.h>

/* What is left of a field: bytes from `at` to `end`. */
struct rest {
    const char *at, *end;
};

static int shown(const struct rest *r) {
    return r->end - r->at < 40 ? (int)(r->end - r->at) : 40;
}

static bool take(struct rest *r, const char *text) {
    size_t n = strlen(text);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0) return false;
    r->at += n;
    return true;
}

static void skip_blanks(struct rest *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t')) r->at++;
}

/* Blanks in the quotes of a number are no more than those around it. */
static struct rest rest_of(const struct rsl_csv_field *f) {
    struct rest r = {f->at, f->at + f->n};
    skip_blanks(&r);
    while (r.end > r.at && (r.end[-1] == ' ' || r.end[-1] == '\t')) r.end--;
    return r;
}

/* ---- numbers ---- */

/* Digits as printing writes them: no leading zero. At most 18. */
static int take_whole(struct rest *r, const char *what, int64_t *value) {
    struct rest begin = *r;
    int digits = 0;
    *value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits < 19; r->at++, digits++)
        if (digits < 18) *value = *value * 10 + (*r->at - '0');
    if (digits == 0)
        return rsl_fail(RSL_EFORMAT, "%s is no whole number: '%.*s'", what, shown(&begin),
                        begin.at);
    if (digits > 18)
        return rsl_fail(RSL_EFORMAT, "%s is too large: '%.*s'", what, shown(&begin), begin.at);
    if (digits > 1 && *begin.at == '0')
        return rsl_fail(RSL_EFORMAT, "%s begins with 0: '%.*s'", what, shown(&begin), begin.at);
    return RSL_OK;
}

/* A field that is nothing else. */
static int take_number(const struct rsl_csv_field *f, const char *what, int64_t *value) {
    struct rest r = rest_of(f), all = r;
    RSL_TRY(take_whole(&r, what, value));
    if (r.at == r.end) return RSL_OK;
    return rsl_fail(RSL_EFORMAT, "%s is no whole number: '%.*s'", what, shown(&all), all.at);
}

static int take_bit(const struct rsl_csv_field *f, struct rsl_list_row *row) {
    int64_t bit;
    RSL_TRY(take_number(f, "the bit", &bit));
    if (bit >= RSL_MAX_POSITIONS)
        return rsl_fail(RSL_EFORMAT, "there is no bit %lld in any encoding", (long long)bit);
    row->bit = (uint8_t)bit;
    return RSL_OK;
}

static int index_refused(const struct rest *all) {
    return rsl_fail(RSL_EFORMAT, "the index must be written as \"(3, 0, 2, 1)\", not '%.*s'",
                    shown(all), all->at);
}

/* "(3, 0, 2, 1)", "(3,)". */
static int take_index(struct rsl_fault_list *list, const struct rsl_csv_field *f,
                      struct rsl_list_row *row) {
    struct rest r = rest_of(f);
    const struct rest all = r;
    const char *close = take(&r, "(") ? ")" : "]";
    bool more = *close == ')' || take(&r, "[");
    if (!more) return index_refused(&all);
    row->index = list->indices.n;
    while (more) {
        int64_t number;
        skip_blanks(&r);
        if (row->rank > 0 && take(&r, close)) break; /* after a comma */
        RSL_TRY(take_whole(&r, "the index", &number));
        if (row->rank == RSL_MAX_RANK)
            return rsl_fail(RSL_EFORMAT, "the index has more than %d numbers", RSL_MAX_RANK);
        RSL_TRY(rsl_vec_push(&list->indices, number));
        row->rank++;
        skip_blanks(&r);
        more = !take(&r, close);
        if (more && !take(&r, ",")) return index_refused(&all);
    }
    return r.at == r.end ? RSL_OK : index_refused(&all);
}

/* ---- words ---- */

static int take_layer(struct rsl_fault_list *list, const struct rsl_csv_field *f,
                      struct rsl_list_row *row) {
    const struct rest all = {f->at, f->at + f->n};
    const char *quote = memchr(f->at, '"', f->n);
    if (f->n == 0) return rsl_fail(RSL_EFORMAT, "the layer is missing");
    if (quote && !f->quoted)
        return rsl_fail(RSL_EFORMAT, "a layer with a quote in it must stand in quotes: '%.*s'",
                        shown(&all), all.at);
    if (memchr(f->at, '\n', f->n) || memchr(f->at, '\r', f->n))
        return rsl_fail(RSL_EFORMAT, "the name of the layer has a line break");
    if (!quote) return rsl_fault_list_layer(list, f->at, f->n, &row->layer);
    struct rsl_text name = {0};
    rsl_csv_text(f, &name);
    int rc = name.status;
    if (rc == RSL_OK) rc = rsl_fault_list_layer(list, name.at, name.n, &row->layer);
    rsl_text_free(&name);
    return rc;
}

static bool is_word(const struct rest *r, const char *word) {
    size_t n = strlen(word);
    return (size_t)(r->end - r->at) == n && strncasecmp(r->at, word, n) == 0;
}

static int take_effect(const struct rsl_csv_field *f, struct rsl_list_row *row) {
    const struct rest r = rest_of(f);
    for (enum rsl_effect e = RSL_FLIP; e <= RSL_STUCK_1; e++) {
        if (!is_word(&r, rsl_effect_name(e))) continue;
        row->effect = e;
        return RSL_OK;
    }
    return rsl_fail(RSL_EFORMAT, "the effect is flip, stuck0 or stuck1, not '%.*s'", shown(&r),
                    r.at);
}

static int take_as(const struct rsl_csv_field *f, struct rsl_list_row *row) {
    const struct rest r = rest_of(f);
    if (r.at == r.end) return RSL_OK;
    for (size_t i = 0; rsl_site_form_name(i); i++) {
        if (!is_word(&r, rsl_site_form_name(i))) continue;
        row->as = (uint8_t)(1 + i);
        return RSL_OK;
    }
    return rsl_fail(RSL_EFORMAT, "activations are struck as f32, bf16 or int8, not '%.*s'",
                    shown(&r), r.at);
}

int rsl_list_take_field(struct rsl_fault_list *list, enum rsl_list_column column,
                        const struct rsl_csv_field *f, struct rsl_list_row *row) {
    switch (column) {
        case RSL_COLUMN_INJECTION:
            return take_number(f, "the injection", &row->injection);
        case RSL_COLUMN_LAYER:
            return take_layer(list, f, row);
        case RSL_COLUMN_INDEX:
            return take_index(list, f, row);
        case RSL_COLUMN_BIT:
            return take_bit(f, row);
        case RSL_COLUMN_EFFECT:
            return take_effect(f, row);
        case RSL_COLUMN_AS:
            return take_as(f, row);
        case RSL_COLUMNS:
            break; /* a column that is only kept */
    }
    return RSL_OK;
}
