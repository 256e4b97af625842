/* See text.h. */
#include "base/text.h"

#include "base/alloc.h"
#include "base/number.h"
#include "base/status.h"

#include <string.h>

void rsl_text_free(struct rsl_text *t) {
    rsl_free(t->at);
    *t = (struct rsl_text){0};
}

static int room(struct rsl_text *t, size_t more) {
    if (t->status < 0) return 0;
    if (more < t->cap - t->n) return 1;
    size_t cap = (t->n + more + 1) * 2;
    char *grown = cap > t->n + more ? rsl_regrow(t->at, t->n, cap) : NULL;
    if (!grown) {
        t->status = RSL_ENOMEM;
        return 0;
    }
    t->at = grown;
    t->cap = cap;
    return 1;
}

void rsl_text_add(struct rsl_text *t, const char *bytes, size_t n) {
    if (!room(t, n)) return;
    if (n) memcpy(t->at + t->n, bytes, n);
    t->n += n;
    t->at[t->n] = 0;
}

void rsl_text_puts(struct rsl_text *t, const char *text) {
    rsl_text_add(t, text, strlen(text));
}

void rsl_text_vprintf(struct rsl_text *t, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = rsl_vformat(NULL, 0, format, args);
    if (n >= 0 && room(t, (size_t)n)) {
        rsl_vformat(t->at + t->n, (size_t)n + 1, format, again);
        t->n += (size_t)n;
    }
    va_end(again);
}

void rsl_text_printf(struct rsl_text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    rsl_text_vprintf(t, format, args);
    va_end(args);
}

int rsl_utf8_length(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) return 1;
    int n = s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
    if (s[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
    if (s[0] == 0xed && s[1] > 0x9f) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;
    if (s[0] == 0xf4 && s[1] > 0x8f) return 0;
    return n;
}
