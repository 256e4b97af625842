/* A growing array: struct { T *at; size_t n, cap; } and one function that makes room.
 *
 *     struct { int *at; size_t n, cap; } v = {0};
 *     RSL_TRY(rsl_vec_push(&v, 7));        evaluates to RSL_OK or RSL_ENOMEM
 *     rsl_free(v.at); */
#ifndef RSL_BASE_VEC_H
#define RSL_BASE_VEC_H

#include "base/alloc.h"
#include "base/status.h"

#include <stdint.h>

static inline int rsl_vec_room(void *at_field, size_t n, size_t *cap, size_t item) {
    void **at = at_field;
    if (n < *cap) return RSL_OK;
    size_t want = *cap ? *cap * 2 : 8;
    if (want > SIZE_MAX / item)
        return rsl_fail(RSL_ENOMEM, "out of memory: array of %zu items", want);
    void *grown = rsl_regrow(*at, n * item, want * item);
    if (!grown) return RSL_ENOMEM;
    *at = grown;
    *cap = want;
    return RSL_OK;
}

#define rsl_vec_push(v, value)                                      \
    (rsl_vec_room(&(v)->at, (v)->n, &(v)->cap, sizeof *(v)->at) < 0 \
         ? RSL_ENOMEM                                               \
         : ((v)->at[(v)->n++] = (value), RSL_OK))

#endif
