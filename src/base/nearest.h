/* "There is no X; the nearest are ...": the names of a list that look most like a word. In every
 * list name(i) gives the i-th name, and NULL after the last. */
#ifndef RSL_BASE_NEAREST_H
#define RSL_BASE_NEAREST_H

#include <stddef.h>

enum { RSL_NEAREST = 3, RSL_NEAREST_TEXT = 256 };

/* The nearest of the names that were offered, the nearest first, those offered earlier before equal
 * ones. Zero-initialize it; the names must live as long as it is used. */
struct rsl_near {
    const char *name[RSL_NEAREST + 1];
    int distance[RSL_NEAREST + 1];
    size_t n;
};

void rsl_near_offer(struct rsl_near *near, const char *name, int distance);
/* "a, b, c"; "" when none was offered. Returns text. */
const char *rsl_near_text(const struct rsl_near *near, char text[RSL_NEAREST_TEXT]);

/* Writes up to three names as "a, b, c", the nearest first (edit distance, then list order).
 * Returns text. */
const char *rsl_nearest(const char *word, const char *(*name)(size_t i),
                        char text[RSL_NEAREST_TEXT]);

/* Fails with RSL_ENOTFOUND: "there is no <kind> '<word>', did you mean b? There are a, b, c"; for
 * lists short enough to be shown whole. */
int rsl_fail_unknown(const char *kind, const char *word, const char *(*name)(size_t i));

#endif
