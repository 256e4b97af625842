/* See nearest.h. */
#include "nearest.h"

#include <string.h>

enum { LONGEST = 63 };

static int min3(int a, int b, int c) {
    int m = a < b ? a : b;
    return m < c ? m : c;
}

int edit_distance(const char *a, const char *b) {
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST) return (int)(na > nb ? na : nb);
    int row[3][LONGEST + 1]; /* distances of a's first i-2, i-1, i letters to b's first j */
    for (size_t j = 0; j <= nb; j++) row[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
    }
    return row[na % 3][nb];
}

void nearest_try(struct nearest *n, const char *candidate) {
    size_t typed = strlen(n->typed), length = strlen(candidate);
    int distance = edit_distance(n->typed, candidate);
    /* The start of a word counts as near: "comp" for "completion". */
    if (typed >= 3 && length > typed && !memcmp(n->typed, candidate, typed)) distance = 1;
    int limit = length <= 4 ? 1 : length <= 8 ? 2 : 3;
    if (distance <= limit && (!n->best || distance < n->distance)) {
        n->best = candidate;
        n->distance = distance;
    }
}
