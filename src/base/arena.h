/* Arena: many small things that die together (a graph, a plan).
 *
 * Blocks are never moved, so pointers stay valid until rsl_arena_free. Memory is zeroed. */
#ifndef RSL_BASE_ARENA_H
#define RSL_BASE_ARENA_H

#include <stddef.h>

struct rsl_arena_block;

struct rsl_arena {
    struct rsl_arena_block *blocks; /* newest first */
};

#define RSL_ARENA_INIT \
    { 0 }

/* Frees every block and leaves an empty arena. */
void rsl_arena_free(struct rsl_arena *a);

/* Zeroed, aligned to 16 bytes (64 when size >= 1024). NULL with the message set when refused. */
void *rsl_arena_alloc(struct rsl_arena *a, size_t size);
/* count * size, checked for overflow. */
void *rsl_arena_array(struct rsl_arena *a, size_t count, size_t size);
char *rsl_arena_strdup(struct rsl_arena *a, const char *text);
/* Copies `length` bytes and adds a terminating zero. */
char *rsl_arena_strndup(struct rsl_arena *a, const char *text, size_t length);
void *rsl_arena_memdup(struct rsl_arena *a, const void *data, size_t size);
char *rsl_arena_printf(struct rsl_arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
