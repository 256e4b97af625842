/* Reading fault lists: see fault_list.h for the form. Columns are found by their names; what each
 * field means is list_field.c's. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "fault/list_row.h"

#include <ctype.h>
#include <string.h>

struct reader {
    struct rsl_fault_list *list;
    struct rsl_csv csv;
    struct {
        enum rsl_list_column *at;
        size_t n, cap;
    } columns;             /* of the file; RSL_COLUMNS for one that is only kept */
    struct rsl_text extra; /* of the row being read */
    size_t line;           /* where the record begins that is being read */
};

/* A field of a column that is only kept, with its comma. */
static int keep(struct reader *r, const struct rsl_csv_field *f) {
    rsl_text_puts(&r->extra, ",");
    rsl_text_add(&r->extra, f->raw, f->raw_n);
    return r->extra.status;
}

static int take_extra(struct reader *r, const char **extra) {
    *extra = "";
    if (r->extra.n == 0) return RSL_OK;
    const char *copy = rsl_arena_strndup(&r->list->arena, r->extra.at, r->extra.n);
    if (!copy) return RSL_ENOMEM;
    *extra = copy;
    r->extra.n = 0;
    return RSL_OK;
}

/* ---- the first line ---- */

/* As people write them: "Tensor Index", "tensor_index". */
static bool is_name(const struct rsl_csv_field *f, const char *name) {
    for (size_t i = 0; i < f->n; i++) {
        if (strchr(" \t_-", f->at[i])) continue;
        if (!*name || tolower((unsigned char)f->at[i]) != tolower((unsigned char)*name))
            return false;
        name++;
    }
    return *name == 0;
}

static int take_name(struct reader *r, const struct rsl_csv_field *f) {
    enum rsl_list_column c = 0;
    while (c < RSL_COLUMNS && !is_name(f, rsl_list_column_name(c))) c++;
    if (c == RSL_COLUMNS) RSL_TRY(keep(r, f));
    for (size_t i = 0; i < r->columns.n && c < RSL_COLUMNS; i++)
        if (r->columns.at[i] == c)
            return rsl_fail(RSL_EFORMAT, "two columns are called '%s'", rsl_list_column_name(c));
    return rsl_vec_push(&r->columns, c);
}

static bool has_column(const struct reader *r, enum rsl_list_column c) {
    for (size_t i = 0; i < r->columns.n; i++)
        if (r->columns.at[i] == c) return true;
    return false;
}

/* `text` is the first line. */
static int check_columns(const struct reader *r, const char *text, size_t size) {
    int shown = size < 60 ? (int)size : 60;
    for (enum rsl_list_column c = 0; c < RSL_COLUMN_EFFECT; c++)
        if (!has_column(r, c))
            return rsl_fail(RSL_EFORMAT,
                            "a fault list begins with '%s', with commas and in any order; there "
                            "is no '%s' in '%.*s'",
                            RSL_LIST_HEADER, rsl_list_column_name(c), shown, text);
    return RSL_OK;
}

/* The first line also decides how lines end. */
static int take_header(struct reader *r) {
    struct rsl_csv_field f = {.end = RSL_CSV_EOF};
    bool more = rsl_csv_more(&r->csv);
    const char *begin = r->csv.at, *end = begin;
    r->line = r->csv.line;
    while (more) {
        RSL_TRY(rsl_csv_next(&r->csv, &f));
        RSL_TRY(take_name(r, &f));
        end = f.raw + f.raw_n;
        more = f.end == RSL_CSV_COMMA;
    }
    RSL_TRY(check_columns(r, begin, (size_t)(end - begin)));
    r->list->crlf = f.end == RSL_CSV_CRLF;
    r->list->unfinished = f.end == RSL_CSV_EOF;
    r->list->effects = has_column(r, RSL_COLUMN_EFFECT);
    r->list->forms = has_column(r, RSL_COLUMN_AS);
    return take_extra(r, &r->list->extra_header);
}

/* ---- rows ---- */

static int check_row(const struct rsl_fault_list *l, const struct rsl_list_row *row) {
    if (row->as == 0 || rsl_fault_list_is_site(l->layers.at[row->layer])) return RSL_OK;
    return rsl_fail(RSL_EFORMAT,
                    "As is the form in which an activation is struck, and '%.60s' is none",
                    l->layers.at[row->layer]);
}

static int take_row(struct reader *r) {
    struct rsl_list_row row = {.effect = RSL_FLIP, .line = r->csv.line};
    struct rsl_csv_field f = {.end = RSL_CSV_COMMA};
    size_t i = 0;
    for (; f.end == RSL_CSV_COMMA; i++) {
        RSL_TRY(rsl_csv_next(&r->csv, &f));
        if (i == r->columns.n)
            return rsl_fail(RSL_EFORMAT, "there are more columns than the %zu of the first line",
                            r->columns.n);
        RSL_TRY(rsl_list_take_field(r->list, r->columns.at[i], &f, &row));
        if (r->columns.at[i] == RSL_COLUMNS) RSL_TRY(keep(r, &f));
    }
    if (i < r->columns.n)
        return rsl_fail(RSL_EFORMAT, "there are fewer columns than the %zu of the first line",
                        r->columns.n);
    r->list->unfinished = f.end == RSL_CSV_EOF;
    RSL_TRY(check_row(r->list, &row));
    RSL_TRY(take_extra(r, &row.extra));
    return rsl_vec_push(&r->list->rows, row);
}

static int parse(struct reader *r) {
    r->line = 1;
    if (memchr(r->csv.at, 0, (size_t)(r->csv.end - r->csv.at)))
        return rsl_fail(RSL_EFORMAT, "the file is no text: it contains zero bytes");
    RSL_TRY(take_header(r));
    while (rsl_csv_more(&r->csv)) {
        r->line = r->csv.line;
        RSL_TRY(take_row(r));
    }
    return RSL_OK;
}

int rsl_fault_list_parse(struct rsl_fault_list *l, const void *data, size_t size,
                         const char *name) {
    struct reader r = {.list = l, .csv = rsl_csv(data, size)};
    rsl_fault_list_init(l);
    int rc = parse(&r);
    rsl_free(r.columns.at);
    rsl_text_free(&r.extra);
    if (rc == RSL_OK) return rc;
    rsl_fault_list_free(l);
    return rsl_fail_in(rc, "'%s', line %zu", name, r.line);
}

int rsl_fault_list_read(struct rsl_fault_list *l, const char *path) {
    struct rsl_file f;
    rsl_fault_list_init(l);
    RSL_TRY(rsl_file_open(&f, path));
    int rc = rsl_fault_list_parse(l, f.data, f.size, path);
    rsl_file_close(&f);
    return rc;
}
