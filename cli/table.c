/* See table.h. */
#include "table.h"

#include "command.h"
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns on a terminal: UTF-8 bytes that start a character. Good enough for names of layers. */
static size_t width_of(const char *text) {
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static char *formatted(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (!text) return NULL;
    vsnprintf(text, (size_t)n + 1, format, args);
    for (char *s = text; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f) *s = '?';
    return text;
}

void table_cell(struct table *t, const char *format, ...) {
    va_list args;
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        char **cells = realloc(t->cells, cap * sizeof *cells);
        if (!cells) {
            t->failed = true;
            return;
        }
        t->cells = cells;
        t->cap = cap;
    }
    va_start(args, format);
    char *text = formatted(format, args);
    va_end(args);
    if (!text)
        t->failed = true;
    else
        t->cells[t->n++] = text;
}

void table_row(struct table *t, ...) {
    va_list args;
    va_start(args, t);
    for (size_t c = 0; t->align[c]; c++) table_cell(t, "%s", va_arg(args, const char *));
    va_end(args);
}

void table_free(struct table *t) {
    for (size_t i = 0; i < t->n; i++) free(t->cells[i]);
    free(t->cells);
    *t = (struct table){.align = t->align};
}

int table_print(struct table *t) {
    size_t columns = strlen(t->align), width[32] = {0};
    bool failed = t->failed;
    for (size_t i = 0; i < t->n && !failed; i++) {
        size_t n = width_of(t->cells[i]);
        if (n > width[i % columns]) width[i % columns] = n;
    }
    for (size_t i = 0; i < t->n && !failed; i++) {
        size_t c = i % columns, pad = width[c] - width_of(t->cells[i]);
        bool last = c + 1 == columns, left = t->align[c] == 'l';
        printf("%*s%s%*s%s", left ? 0 : (int)pad, "", t->cells[i], left && !last ? (int)pad : 0, "",
               last ? "\n" : "  ");
    }
    table_free(t);
    if (failed) complain("out of memory");
    return failed ? EXIT_FAILED : EXIT_DONE;
}

/* A vertical bar would end the cell. */
static void markdown_cell(const char *text) {
    fputs("| ", stdout);
    for (; *text; text++) {
        if (*text == '|') putchar('\\');
        putchar(*text);
    }
    putchar(' ');
}

int table_print_markdown(struct table *t) {
    size_t columns = strlen(t->align);
    bool failed = t->failed;
    for (size_t i = 0; i < t->n && !failed; i++) {
        markdown_cell(t->cells[i]);
        if (i % columns != columns - 1) continue;
        puts("|");
        if (i >= columns) continue;
        for (size_t c = 0; c < columns; c++)
            fputs(t->align[c] == 'l' ? "| --- " : "| ---: ", stdout);
        puts("|");
    }
    table_free(t);
    if (failed) complain("out of memory");
    return failed ? EXIT_FAILED : EXIT_DONE;
}
