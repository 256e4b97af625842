/* See csv.h. */
#include "base/csv.h"

#include "base/status.h"

#include <string.h>

struct rsl_csv rsl_csv(const char *text, size_t size) {
    static const char mark[] = "\xef\xbb\xbf";
    size_t skip = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    return (struct rsl_csv){.at = text + skip, .end = text + size, .line = 1};
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    return at;
}

/* What stands at `at`, and how many bytes it has; false when it is none of them. */
static bool end_at(const char *at, const char *end, enum rsl_csv_end *what, size_t *n) {
    *n = at < end;
    *what = RSL_CSV_EOF;
    if (at == end) return true;
    *what = *at == ',' ? RSL_CSV_COMMA : RSL_CSV_LF;
    if (*at == ',' || *at == '\n') return true;
    *what = RSL_CSV_CRLF;
    *n = 2;
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

bool rsl_csv_more(struct rsl_csv *c) {
    while (c->at < c->end) {
        enum rsl_csv_end what;
        size_t n;
        const char *after = skip_blanks(c->at, c->end);
        if (!end_at(after, c->end, &what, &n) || what == RSL_CSV_COMMA) return true;
        c->at = after + n;
        c->line += n > 0;
    }
    return false;
}

/* The byte after the closing quote; `at` is behind the opening one. */
static const char *find_close(struct rsl_csv *c, const char *at) {
    for (; at < c->end; at++) {
        if (*at == '\n') c->line++;
        if (*at != '"') continue;
        if (at + 1 == c->end || at[1] != '"') return at + 1;
        at++;
    }
    return NULL;
}

static int take_quoted(struct rsl_csv *c, struct rsl_csv_field *f, const char **after) {
    const char *close = find_close(c, f->at);
    int shown = c->end - f->at < 30 ? (int)(c->end - f->at) : 30;
    if (!close) return rsl_fail(RSL_EFORMAT, "a quote is not closed: '\"%.*s'", shown, f->at);
    f->n = (size_t)(close - 1 - f->at);
    *after = skip_blanks(close, c->end);
    return RSL_OK;
}

static const char *take_plain(const struct rsl_csv *c, struct rsl_csv_field *f) {
    const char *at = f->at;
    while (at < c->end && *at != ',' && *at != '\n' && *at != '\r') at++;
    f->n = (size_t)(at - f->at);
    while (f->n > 0 && (f->at[f->n - 1] == ' ' || f->at[f->n - 1] == '\t')) f->n--;
    return at;
}

int rsl_csv_next(struct rsl_csv *c, struct rsl_csv_field *f) {
    const char *begin = skip_blanks(c->at, c->end), *after;
    size_t n;
    f->raw = c->at;
    f->quoted = begin < c->end && *begin == '"';
    f->at = begin + f->quoted;
    if (f->quoted)
        RSL_TRY(take_quoted(c, f, &after));
    else
        after = take_plain(c, f);
    f->raw_n = (size_t)(after - f->raw);
    if (!end_at(after, c->end, &f->end, &n))
        return rsl_fail(RSL_EFORMAT, "%s",
                        *after == '\r' ? "there is a carriage return within the line"
                                       : "a closing quote must end a field; a quote in it is "
                                         "written twice");
    c->at = after + n;
    c->line += f->end == RSL_CSV_LF || f->end == RSL_CSV_CRLF;
    return RSL_OK;
}

void rsl_csv_text(const struct rsl_csv_field *f, struct rsl_text *text) {
    for (size_t i = 0; i < f->n; i++) {
        rsl_text_add(text, f->at + i, 1);
        if (f->quoted && f->at[i] == '"') i++;
    }
}
