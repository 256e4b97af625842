/* "There is no X; the nearest are ...": the names of a list that look most like a word. */
#ifndef RSL_BASE_NEAREST_H
#define RSL_BASE_NEAREST_H

#include <stddef.h>

enum { RSL_NEAREST_TEXT = 256 };

/* Writes up to three names as "a, b, c", the nearest first (edit distance, then list order);
 * name(i) gives the list and NULL after its last. Returns text. */
const char *rsl_nearest(const char *word, const char *(*name)(size_t i),
                        char text[RSL_NEAREST_TEXT]);

#endif
