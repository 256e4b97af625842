/* Aligned text tables: cells are collected, then printed with columns as wide as they need. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table {
    const char *align; /* one letter per column: 'l'eft or 'r'ight */
    char **cells;      /* row by row */
    size_t n, cap;
    bool failed; /* out of memory; table_print says so */
};

/* Appends the next cell; control characters (names come from files) become '?'. */
void table_cell(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One cell per column, as they are. */
void table_row(struct table *t, ...);
void table_free(struct table *t);
/* Prints to stdout and frees. The first row is the heading. Returns an exit code. */
int table_print(struct table *t);
/* The same as Markdown. */
int table_print_markdown(struct table *t);

#endif
