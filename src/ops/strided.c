/* See strided.h. */
#include "ops/strided.h"

#include <assert.h>
#include <string.h>

void rsl_walk_add(struct rsl_walk *w, int64_t dim, int64_t dst_stride, int64_t src_stride) {
    assert(w->rank < RSL_MAX_WALK);
    w->dim[w->rank] = dim;
    w->dst[w->rank] = dst_stride;
    w->src[w->rank++] = src_stride;
}

bool rsl_step(int rank, const int64_t *dim, int64_t *index) {
    for (int k = rank - 1; k >= 0; k--) {
        if (++index[k] < dim[k]) return true;
        index[k] = 0;
    }
    return false;
}

void rsl_fill(void *dst, const void *element, int64_t count, size_t bytes) {
    char *to = dst;
    for (int64_t i = 0; i < count; i++, to += bytes) memcpy(to, element, bytes);
}

struct rsl_walk rsl_walk_merge(const struct rsl_walk *w) {
    struct rsl_walk m = {.rank = 0};
    for (int k = 0; k < w->rank; k++) {
        int64_t n = w->dim[k];
        if (n == 1) continue;
        int last = m.rank - 1;
        if (last >= 0 && m.dst[last] == n * w->dst[k] && m.src[last] == n * w->src[k]) {
            m.dim[last] *= n;
            m.dst[last] = w->dst[k];
            m.src[last] = w->src[k];
        } else {
            rsl_walk_add(&m, n, w->dst[k], w->src[k]);
        }
    }
    if (m.rank == 0) rsl_walk_add(&m, 1, 1, 1);
    return m;
}

/* One run. Constant sizes let the compiler turn the memcpy of an element into a load and store. */
static void copy_run(char *dst, int64_t ds, const char *src, int64_t ss, int64_t n, size_t bytes) {
    int64_t size = (int64_t)bytes;
    if (ds == 1 && ss == 1) {
        memcpy(dst, src, (size_t)n * bytes);
    } else if (bytes == 4) {
        for (int64_t i = 0; i < n; i++) memcpy(dst + i * ds * 4, src + i * ss * 4, 4);
    } else if (bytes == 1) {
        for (int64_t i = 0; i < n; i++) dst[i * ds] = src[i * ss];
    } else {
        for (int64_t i = 0; i < n; i++) memcpy(dst + i * ds * size, src + i * ss * size, bytes);
    }
}

void rsl_copy_strided(const struct rsl_walk *w, void *dst, const void *src, size_t bytes) {
    for (int k = 0; k < w->rank; k++)
        if (w->dim[k] == 0) return;
    struct rsl_walk m = rsl_walk_merge(w);
    int inner = m.rank - 1;
    int64_t index[RSL_MAX_WALK] = {0}, size = (int64_t)bytes;
    do {
        int64_t to = 0, from = 0;
        for (int k = 0; k < inner; k++) {
            to += index[k] * m.dst[k];
            from += index[k] * m.src[k];
        }
        copy_run((char *)dst + to * size, m.dst[inner], (const char *)src + from * size,
                 m.src[inner], m.dim[inner], bytes);
    } while (rsl_step(inner, m.dim, index));
}
