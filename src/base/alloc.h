/* The few functions through which libresile takes memory.
 *
 * They exist for one reason: the torture tests must be able to make the n-th allocation of an
 * operation fail. `rsl_alloc_gate` is asked before every allocation; NULL (always, outside tests)
 * lets everything pass. Third-party libraries that accept an allocator are given these too.
 *
 * All memory is aligned for any vector type (RSL_ALIGN) and may be freed with rsl_free only. */
#ifndef RSL_BASE_ALLOC_H
#define RSL_BASE_ALLOC_H

#include <stddef.h>

#define RSL_ALIGN 64

/* Test hook: returns nonzero to let an allocation of `size` bytes happen, 0 to make it fail. */
extern int (*rsl_alloc_gate)(size_t size);

/* Return NULL with the thread's message set (RSL_ENOMEM) when memory is refused. A size of 0 gives
 * a valid pointer. rsl_calloc checks count*size for overflow and zeroes. */
void *rsl_malloc(size_t size);
void *rsl_calloc(size_t count, size_t size);
void rsl_free(void *p);

/* Copies the old `used` bytes into a new block of `size`; on failure the old block stays valid. */
void *rsl_regrow(void *p, size_t used, size_t size);
char *rsl_strdup(const char *text);

#endif
