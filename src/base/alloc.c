/* See alloc.h. */
#include "base/alloc.h"

#include "base/status.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int (*rsl_alloc_gate)(size_t size);

static size_t round_up(size_t size) {
    return size == 0 ? RSL_ALIGN : (size + RSL_ALIGN - 1) / RSL_ALIGN * RSL_ALIGN;
}

void *rsl_malloc(size_t size) {
    void *p = NULL;
    if (size <= PTRDIFF_MAX - RSL_ALIGN && (!rsl_alloc_gate || rsl_alloc_gate(size)))
        p = aligned_alloc(RSL_ALIGN, round_up(size));
    if (!p) rsl_fail(RSL_ENOMEM, "out of memory: %zu bytes were refused", size);
    return p;
}

void *rsl_calloc(size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) {
        rsl_fail(RSL_ENOMEM, "out of memory: %zu items of %zu bytes overflow", count, size);
        return NULL;
    }
    void *p = rsl_malloc(count * size);
    if (p) memset(p, 0, count * size);
    return p;
}

void rsl_free(void *p) {
    free(p);
}

void *rsl_regrow(void *p, size_t used, size_t size) {
    void *grown = rsl_malloc(size);
    if (!grown) return NULL;
    if (used) memcpy(grown, p, used);
    rsl_free(p);
    return grown;
}

char *rsl_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = rsl_malloc(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}
