/* Reading fault lists: see fault_list.h for the form. What could mean something else is refused
 * with its line, so that nobody replays faults other than those that were meant. */
#include "base/file.h"
#include "base/status.h"
#include "fault/list_row.h"
#include "tensor/tensor.h"

#include <string.h>
#include <strings.h>

/* One line: bytes from `at` to `end`. */
struct line {
    const char *at, *end;
};

static int shown(const struct line *l) {
    return l->end - l->at < 40 ? (int)(l->end - l->at) : 40;
}

static bool take(struct line *l, const char *text) {
    size_t n = strlen(text);
    if ((size_t)(l->end - l->at) < n || memcmp(l->at, text, n) != 0) return false;
    l->at += n;
    return true;
}

static void skip_blanks(struct line *l) {
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\t')) l->at++;
}

/* Digits as printing writes them: no leading zero. At most 18. */
static int take_whole(struct line *l, const char *what, int64_t *value) {
    struct line begin = *l;
    int digits = 0;
    *value = 0;
    for (; l->at < l->end && *l->at >= '0' && *l->at <= '9' && digits < 19; l->at++, digits++)
        if (digits < 18) *value = *value * 10 + (*l->at - '0');
    if (digits == 0)
        return rsl_fail(RSL_EFORMAT, "%s is no whole number: '%.*s'", what, shown(&begin),
                        begin.at);
    if (digits > 18)
        return rsl_fail(RSL_EFORMAT, "%s is too large: '%.*s'", what, shown(&begin), begin.at);
    if (digits > 1 && *begin.at == '0')
        return rsl_fail(RSL_EFORMAT, "%s begins with 0: '%.*s'", what, shown(&begin), begin.at);
    return RSL_OK;
}

static int take_comma(struct line *l, const char *after) {
    if (take(l, ",")) return RSL_OK;
    return rsl_fail(RSL_EFORMAT, "a comma must follow %s, not '%.*s'", after, shown(l), l->at);
}

/* ---- fields ---- */

static int take_quoted(struct line *l, struct rsl_text *name) {
    for (l->at++; l->at < l->end; l->at++) {
        if (*l->at == '"' && (l->at + 1 == l->end || l->at[1] != '"')) break;
        rsl_text_add(name, l->at, 1);
        if (*l->at == '"') l->at++;
    }
    if (l->at == l->end) return rsl_fail(RSL_EFORMAT, "the quote of the layer is not closed");
    l->at++;
    if (name->status == RSL_OK && name->n == 0)
        return rsl_fail(RSL_EFORMAT, "the layer is missing");
    return name->status;
}

static int take_layer(struct rsl_fault_list *list, struct line *l, int *layer) {
    if (l->at < l->end && *l->at == '"') {
        struct rsl_text name = {0};
        int rc = take_quoted(l, &name);
        if (rc == RSL_OK) rc = rsl_fault_list_layer(list, name.at, name.n, layer);
        rsl_text_free(&name);
        return rc;
    }
    const char *begin = l->at;
    while (l->at < l->end && *l->at != ',' && *l->at != '"') l->at++;
    if (l->at == begin) return rsl_fail(RSL_EFORMAT, "the layer is missing");
    return rsl_fault_list_layer(list, begin, (size_t)(l->at - begin), layer);
}

/* "(3, 0, 2, 1)" or "(3,)" with the quotes. */
static int take_index(struct rsl_fault_list *list, struct line *l, struct rsl_list_row *row) {
    row->index = list->indices.n;
    bool round = take(l, "\"(");
    const char *close = round ? ")\"" : "]\"";
    if (!round && !take(l, "\"["))
        return rsl_fail(RSL_EFORMAT, "the index must be written as \"(3, 0, 2, 1)\", not '%.*s'",
                        shown(l), l->at);
    for (;;) {
        int64_t number;
        skip_blanks(l);
        if (row->rank > 0 && take(l, close)) return RSL_OK; /* after a comma */
        RSL_TRY(take_whole(l, "the index", &number));
        if (row->rank == RSL_MAX_RANK)
            return rsl_fail(RSL_EFORMAT, "the index has more than %d numbers", RSL_MAX_RANK);
        RSL_TRY(rsl_vec_push(&list->indices, number));
        row->rank++;
        skip_blanks(l);
        if (take(l, close)) return RSL_OK;
        if (!take(l, ","))
            return rsl_fail(RSL_EFORMAT,
                            "the index must be written as \"(3, 0, 2, 1)\"; after its "
                            "number %d comes '%.*s'",
                            row->rank, shown(l), l->at);
    }
}

static int take_effect(struct line *l, enum rsl_effect *effect) {
    for (enum rsl_effect e = RSL_FLIP; e <= RSL_STUCK_1; e++) {
        if (!take(l, rsl_effect_name(e))) continue;
        *effect = e;
        return RSL_OK;
    }
    return rsl_fail(RSL_EFORMAT, "the effect is flip, stuck0 or stuck1, not '%.*s'", shown(l),
                    l->at);
}

/* The columns that are only kept. */
static int take_extra(struct rsl_fault_list *list, struct line *l, const char **extra) {
    *extra = "";
    if (l->at < l->end && *l->at != ',')
        return rsl_fail(RSL_EFORMAT, "'%.*s' is not understood", shown(l), l->at);
    if ((l->at < l->end) != (list->extra_header[0] != 0))
        return rsl_fail(RSL_EFORMAT, "there are %s columns than in the first line",
                        l->at < l->end ? "more" : "fewer");
    if (l->at < l->end) *extra = rsl_arena_strndup(&list->arena, l->at, (size_t)(l->end - l->at));
    return *extra ? RSL_OK : RSL_ENOMEM;
}

static int take_row(struct rsl_fault_list *list, struct line *l) {
    struct rsl_list_row row = {.effect = RSL_FLIP};
    int64_t bit;
    RSL_TRY(take_whole(l, "the injection", &row.injection));
    RSL_TRY(take_comma(l, "the injection"));
    RSL_TRY(take_layer(list, l, &row.layer));
    RSL_TRY(take_comma(l, "the layer"));
    RSL_TRY(take_index(list, l, &row));
    RSL_TRY(take_comma(l, "the index"));
    RSL_TRY(take_whole(l, "the bit", &bit));
    if (bit >= RSL_MAX_POSITIONS)
        return rsl_fail(RSL_EFORMAT, "there is no bit %lld in any encoding", (long long)bit);
    row.bit = (int)bit;
    if (list->effects) {
        RSL_TRY(take_comma(l, "the bit"));
        RSL_TRY(take_effect(l, &row.effect));
    }
    RSL_TRY(take_extra(list, l, &row.extra));
    return rsl_vec_push(&list->rows, row);
}

/* ---- lines ---- */

/* `name` in any case, with blanks around it, up to a comma or the end. */
static bool take_name(struct line *l, const char *name) {
    struct line rest = *l;
    size_t n = strlen(name);
    skip_blanks(&rest);
    if ((size_t)(rest.end - rest.at) < n || strncasecmp(rest.at, name, n) != 0) return false;
    rest.at += n;
    skip_blanks(&rest);
    if (rest.at < rest.end && *rest.at != ',') return false;
    *l = rest;
    return true;
}

static int take_header(struct rsl_fault_list *list, struct line *l) {
    static const char *const names[] = {"Injection", "Layer", "TensorIndex", "Bit"};
    take(l, "\xef\xbb\xbf");
    const struct line all = *l;
    for (int i = 0; i < 4; i++)
        if ((i > 0 && !take(l, ",")) || !take_name(l, names[i]))
            return rsl_fail(RSL_EFORMAT, "a fault list begins with '%s', not with '%.*s'",
                            RSL_LIST_HEADER, shown(&all), all.at);
    struct line rest = *l;
    list->effects = take(&rest, ",") && take_name(&rest, "Effect");
    if (list->effects) *l = rest;
    list->extra_header = rsl_arena_strndup(&list->arena, l->at, (size_t)(l->end - l->at));
    if (list->extra_header) return RSL_OK;
    list->extra_header = "";
    return RSL_ENOMEM;
}

/* Cuts the next line off the text; the first one decides how lines end. */
static int next_line(struct rsl_fault_list *list, struct line *text, struct line *l, bool first) {
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
    *l = (struct line){text->at, newline ? newline : text->end};
    text->at = newline ? newline + 1 : text->end;
    list->unfinished = !newline;
    bool cr = newline && l->end > l->at && l->end[-1] == '\r';
    if (first) list->crlf = cr;
    if (cr) l->end--;
    if (memchr(l->at, '\r', (size_t)(l->end - l->at)))
        return rsl_fail(RSL_EFORMAT, "there is a carriage return within the line");
    return RSL_OK;
}

/* Leaves off empty lines at the end. */
static void trim(struct line *text) {
    const char *last = text->end;
    while (last > text->at && strchr(" \t\r\n", last[-1])) last--;
    const char *newline = memchr(last, '\n', (size_t)(text->end - last));
    if (newline) text->end = newline + 1;
}

static int parse(struct rsl_fault_list *list, struct line text, size_t *number) {
    struct line l;
    *number = 1;
    if (memchr(text.at, 0, (size_t)(text.end - text.at)))
        return rsl_fail(RSL_EFORMAT, "the file is no text: it contains zero bytes");
    trim(&text);
    RSL_TRY(next_line(list, &text, &l, true));
    RSL_TRY(take_header(list, &l));
    while (text.at < text.end) {
        ++*number;
        RSL_TRY(next_line(list, &text, &l, false));
        RSL_TRY(take_row(list, &l));
    }
    return RSL_OK;
}

int rsl_fault_list_parse(struct rsl_fault_list *l, const void *data, size_t size,
                         const char *name) {
    size_t number;
    const char *text = data;
    rsl_fault_list_init(l);
    int rc = parse(l, (struct line){text, text + size}, &number);
    if (rc == RSL_OK) return rc;
    rsl_fault_list_free(l);
    return rsl_fail_in(rc, "'%s', line %zu", name, number);
}

int rsl_fault_list_read(struct rsl_fault_list *l, const char *path) {
    struct rsl_file f;
    rsl_fault_list_init(l);
    RSL_TRY(rsl_file_open(&f, path));
    int rc = rsl_fault_list_parse(l, f.data, f.size, path);
    rsl_file_close(&f);
    return rc;
}
