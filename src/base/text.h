/* A growing zero-terminated text. An allocation failure is remembered and reported once, at the
 * end, by `status`: callers append without checking every step. */
#ifndef RSL_BASE_TEXT_H
#define RSL_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct rsl_text {
    char *at; /* zero-terminated once anything was added; rsl_free it or call rsl_text_free */
    size_t n, cap;
    int status; /* RSL_OK or RSL_ENOMEM */
};

void rsl_text_free(struct rsl_text *t);
void rsl_text_add(struct rsl_text *t, const char *bytes, size_t n);
void rsl_text_puts(struct rsl_text *t, const char *text);
void rsl_text_printf(struct rsl_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void rsl_text_vprintf(struct rsl_text *t, const char *format, va_list args);

/* Length of the valid UTF-8 sequence at s (1..4), or 0. Rejects overlong forms and surrogates. */
int rsl_utf8_length(const char *s);

#endif
