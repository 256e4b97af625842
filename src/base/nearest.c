/* See nearest.h and resile/text.h. */
#include "base/nearest.h"

#include "base/status.h"
#include "resile/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b, size_t c) {
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static size_t length(const char *text) {
    size_t n = 0;
    while (n < LONGEST && text[n]) n++;
    return n;
}

int rsl_edit_distance(const char *a, const char *b) {
    size_t na = length(a), nb = length(b);
    size_t row[3][LONGEST + 1]; /* distances of a's first i-2, i-1, i letters to b's first j */
    for (size_t j = 0; j <= nb; j++) row[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, now[j - 1] + 1);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < now[j]) now[j] = before[j - 2] + 1;
        }
    }
    return (int)row[na % 3][nb];
}

void rsl_near_offer(struct rsl_near *near, const char *name, int distance) {
    size_t at = near->n;
    for (; at > 0 && near->distance[at - 1] > distance; at--) {
        near->name[at] = near->name[at - 1];
        near->distance[at] = near->distance[at - 1];
    }
    near->name[at] = name;
    near->distance[at] = distance;
    if (near->n < RSL_NEAREST) near->n++;
}

const char *rsl_near_text(const struct rsl_near *near, char text[RSL_NEAREST_TEXT]) {
    text[0] = 0;
    for (size_t i = 0; i < near->n; i++) {
        size_t n = strlen(text);
        snprintf(text + n, RSL_NEAREST_TEXT - n, "%s%.80s", n ? ", " : "", near->name[i]);
    }
    return text;
}

const char *rsl_nearest(const char *word, const char *(*name)(size_t i),
                        char text[RSL_NEAREST_TEXT]) {
    struct rsl_near near = {0};
    const char *candidate;
    for (size_t i = 0; (candidate = name(i)) != NULL; i++)
        rsl_near_offer(&near, candidate, rsl_edit_distance(word, candidate));
    return rsl_near_text(&near, text);
}

int rsl_fail_unknown(const char *kind, const char *word, const char *(*name)(size_t i)) {
    char nearest[RSL_NEAREST_TEXT], all[1024] = "";
    const char *candidate;
    rsl_nearest(word, name, nearest);
    nearest[strcspn(nearest, ",")] = 0;
    for (size_t i = 0, n = 0; (candidate = name(i)) != NULL && n < sizeof all; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", candidate);
    return rsl_fail(RSL_ENOTFOUND, "there is no %s '%.100s', did you mean %s? There are %s", kind,
                    word, nearest, all);
}
