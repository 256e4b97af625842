/* See arena.h. Small requests share 64 KiB blocks; a large one gets a block of its own. */
#include "base/arena.h"

#include "base/alloc.h"
#include "base/number.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024, LARGE = 1024 };

struct rsl_arena_block {
    struct rsl_arena_block *next;
    size_t used, size; /* bytes behind the header */
};

/* The header takes one alignment unit so that the payload is aligned like the block. */
#define PAYLOAD(b) ((char *)(b) + RSL_ALIGN)

void rsl_arena_free(struct rsl_arena *a) {
    while (a->blocks) {
        struct rsl_arena_block *next = a->blocks->next;
        rsl_free(a->blocks);
        a->blocks = next;
    }
}

static struct rsl_arena_block *new_block(size_t size) {
    if (size > PTRDIFF_MAX - 2 * RSL_ALIGN) {
        rsl_fail(RSL_ENOMEM, "out of memory: %zu bytes were refused", size);
        return NULL;
    }
    struct rsl_arena_block *b = rsl_malloc(size + RSL_ALIGN);
    if (!b) return NULL;
    *b = (struct rsl_arena_block){.size = size};
    return b;
}

void *rsl_arena_alloc(struct rsl_arena *a, size_t size) {
    struct rsl_arena_block *b = a->blocks;
    if (size >= LARGE) { /* own block, put behind the current one so that its rest stays usable */
        struct rsl_arena_block *own = new_block(size);
        if (!own) return NULL;
        own->used = size;
        if (b) {
            own->next = b->next;
            b->next = own;
        } else {
            a->blocks = own;
        }
        return memset(PAYLOAD(own), 0, size);
    }
    size = (size + 15) & ~(size_t)15;
    if (!b || b->size - b->used < size) {
        b = new_block(BLOCK_SIZE);
        if (!b) return NULL;
        b->next = a->blocks;
        a->blocks = b;
    }
    void *p = PAYLOAD(b) + b->used;
    b->used += size;
    return memset(p, 0, size);
}

void *rsl_arena_array(struct rsl_arena *a, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) {
        rsl_fail(RSL_ENOMEM, "out of memory: %zu items of %zu bytes overflow", count, size);
        return NULL;
    }
    return rsl_arena_alloc(a, count * size);
}

void *rsl_arena_memdup(struct rsl_arena *a, const void *data, size_t size) {
    void *p = rsl_arena_alloc(a, size);
    if (p && size) memcpy(p, data, size);
    return p;
}

char *rsl_arena_strndup(struct rsl_arena *a, const char *text, size_t length) {
    if (length == SIZE_MAX) return NULL;
    char *p = rsl_arena_alloc(a, length + 1);
    if (p && length) memcpy(p, text, length);
    return p;
}

char *rsl_arena_strdup(struct rsl_arena *a, const char *text) {
    return rsl_arena_strndup(a, text, strlen(text));
}

char *rsl_arena_printf(struct rsl_arena *a, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = rsl_vformat(NULL, 0, format, args);
    char *p = n < 0 ? NULL : rsl_arena_alloc(a, (size_t)n + 1);
    if (p) rsl_vformat(p, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return p;
}
