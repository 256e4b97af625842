/* Hits of activations compared field by field: the bytes between the fields are anything. */
#ifndef TESTS_SAME_HITS_H
#define TESTS_SAME_HITS_H

#include "fault/site.h"

static inline bool same_hits(const struct rsl_hits *a, const struct rsl_hits *b) {
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->at[i].site != b->at[i].site || a->at[i].element != b->at[i].element ||
            a->at[i].flips != b->at[i].flips)
            return false;
    return true;
}

#endif
