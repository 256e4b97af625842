/* CSV (RFC 4180) in memory, field by field.
 *
 *     struct rsl_csv c = rsl_csv(text, size);
 *     struct rsl_csv_field f;
 *     while (rsl_csv_more(&c))                    one record
 *         do RSL_TRY(rsl_csv_next(&c, &f));
 *         while (f.end == RSL_CSV_COMMA);
 *
 * A field may stand in quotes, with commas, line ends and doubled quotes in them. Blanks around a
 * field are not part of it, those in quotes are. Records end in LF or CR LF; lines of blanks are
 * none. Nothing is copied: fields point into the text. */
#ifndef RSL_BASE_CSV_H
#define RSL_BASE_CSV_H

#include "base/text.h"

#include <stdbool.h>

struct rsl_csv {
    const char *at, *end;
    size_t line; /* that `at` is in, from 1 */
};

enum rsl_csv_end { RSL_CSV_COMMA, RSL_CSV_LF, RSL_CSV_CRLF, RSL_CSV_EOF };

struct rsl_csv_field {
    const char *raw; /* as it stands there, with blanks and quotes */
    const char *at;  /* without them; quotes in it are still doubled */
    size_t raw_n, n;
    bool quoted;
    enum rsl_csv_end end; /* what follows */
};

/* Leaves out a byte order mark. */
struct rsl_csv rsl_csv(const char *text, size_t size);
/* Goes to the next record; false when there is none. */
bool rsl_csv_more(struct rsl_csv *c);
/* RSL_EFORMAT, without the line: a quote that is not closed, text after one that is, a carriage
 * return that ends no line. */
int rsl_csv_next(struct rsl_csv *c, struct rsl_csv_field *f);
/* Adds the field with its doubled quotes as one. */
void rsl_csv_text(const struct rsl_csv_field *f, struct rsl_text *text);

#endif
