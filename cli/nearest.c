/* See nearest.h. */
#include "nearest.h"

#include <resile/text.h>

#include <string.h>

void nearest_try(struct nearest *n, const char *candidate) {
    size_t typed = strlen(n->typed), length = strlen(candidate);
    int distance = rsl_edit_distance(n->typed, candidate);
    /* The start of a word counts as near: "comp" for "completion". */
    if (typed >= 3 && length > typed && !memcmp(n->typed, candidate, typed)) distance = 1;
    int limit = length <= 4 ? 1 : length <= 8 ? 2 : 3;
    if (distance <= limit && (!n->best || distance < n->distance)) {
        n->best = candidate;
        n->distance = distance;
    }
}
