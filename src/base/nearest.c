/* See nearest.h. Edit distance of Levenshtein over the first 63 bytes: names are shorter. */
#include "base/nearest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 63, BEST = 3 };

static size_t least(size_t a, size_t b, size_t c) {
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static size_t length(const char *text) {
    size_t n = 0;
    while (n < LONGEST && text[n]) n++;
    return n;
}

static size_t distance(const char *a, const char *b) {
    size_t na = length(a), nb = length(b), row[LONGEST + 1];
    for (size_t j = 0; j <= nb; j++) row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t above = row[j];
            row[j] = least(diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1);
            diagonal = above;
        }
    }
    return row[nb];
}

const char *rsl_nearest(const char *word, const char *(*name)(size_t i),
                        char text[RSL_NEAREST_TEXT]) {
    struct {
        const char *name;
        size_t distance;
    } best[BEST + 1];
    size_t found = 0;
    const char *candidate;
    for (size_t i = 0; (candidate = name(i)) != NULL; i++) {
        size_t d = distance(word, candidate), at = found;
        while (at > 0 && best[at - 1].distance > d) {
            best[at] = best[at - 1];
            at--;
        }
        best[at].name = candidate;
        best[at].distance = d;
        if (found < BEST) found++;
    }
    text[0] = 0;
    for (size_t i = 0; i < found; i++) {
        size_t n = strlen(text);
        snprintf(text + n, RSL_NEAREST_TEXT - n, "%s%s", n ? ", " : "", best[i].name);
    }
    return text;
}
