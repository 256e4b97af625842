/* See protection.h: the table, names, and the calls that treat all kinds alike. */
#include "memory/protection.h"

#include "base/nearest.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X(symbol) extern const struct rsl_protection_kind rsl_protection_##symbol;
#include "memory/protections.def"
#undef X

static const struct rsl_protection_kind *const kinds[] = {
#define X(symbol) &rsl_protection_##symbol,
#include "memory/protections.def"
#undef X
};

enum { KINDS = sizeof kinds / sizeof *kinds, MOST_TOP = 32 };

const struct rsl_protection_kind *rsl_protection_kind(size_t i) {
    return i < KINDS ? kinds[i] : NULL;
}

static const char *kind_name(size_t i) {
    return i < KINDS ? kinds[i]->name : NULL;
}

static int parse_top(struct rsl_protection *p, const char *text) {
    char *end;
    if (!p->kind->default_top)
        return rsl_fail(RSL_EARG, "protection %s takes no number: '%.40s'", p->kind->name, text);
    long top = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
    if (top < 1 || top > MOST_TOP || *end)
        return rsl_fail(RSL_EARG,
                        "protection %s:K: K is the number of bits kept three times, "
                        "1 to %d, not '%.40s'",
                        p->kind->name, MOST_TOP, text);
    p->top = (int)top;
    return RSL_OK;
}

int rsl_protection_parse(struct rsl_protection *p, const char *text) {
    char word[32], nearest[RSL_NEAREST_TEXT];
    size_t length = strcspn(text, ":");
    snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), text);
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(word, kinds[i]->name) != 0) continue;
        *p = (struct rsl_protection){.kind = kinds[i], .top = kinds[i]->default_top};
        return text[length] ? parse_top(p, text + length + 1) : RSL_OK;
    }
    return rsl_fail(RSL_ENOTFOUND, "there is no protection '%s'; the nearest are %s", word,
                    rsl_nearest(word, kind_name, nearest));
}

const char *rsl_protection_text(const struct rsl_protection *p, char text[RSL_PROTECTION_TEXT]) {
    if (p->top == p->kind->default_top)
        snprintf(text, RSL_PROTECTION_TEXT, "%s", p->kind->name);
    else
        snprintf(text, RSL_PROTECTION_TEXT, "%s:%d", p->kind->name, p->top);
    return text;
}

int rsl_protection_accepts(const struct rsl_protection *p, const struct rsl_encoding *e) {
    char name[RSL_ENCODING_TEXT], own[RSL_PROTECTION_TEXT];
    if (e->negate && p->kind != &rsl_protection_none)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s cannot be protected by %s: its flips are defined for "
                        "the bare code only",
                        rsl_encoding_text(e, name), rsl_protection_text(p, own));
    return p->kind->accepts ? p->kind->accepts(p, e) : RSL_OK;
}

int rsl_protection_data_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    return p->kind->stream ? 64 : e->bits;
}

int rsl_protection_redundant_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    return p->kind->redundant_bits ? p->kind->redundant_bits(p, e) : 0;
}

int rsl_protection_spare_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    return p->kind->copies ? rsl_protection_redundant_bits(p, e) / 2 : 0;
}

int64_t rsl_protection_stored_bits(const struct rsl_protection *p, const struct rsl_encoding *e,
                                   int64_t count) {
    int64_t data = count * e->bits, group = rsl_protection_data_bits(p, e);
    return data + (data + group - 1) / group * rsl_protection_redundant_bits(p, e);
}

struct rsl_group rsl_protect(const struct rsl_protection *p, const struct rsl_encoding *e,
                             uint64_t data) {
    struct rsl_group g = {.data = data};
    if (p->kind->prepare) g.data = p->kind->prepare(p, e, data);
    if (p->kind->protect) g.redundant = p->kind->protect(p, e, g.data);
    return g;
}

unsigned rsl_correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                     struct rsl_group *group) {
    return p->kind->correct ? p->kind->correct(p, e, n, group) : 0;
}

struct rsl_bit_role rsl_protection_role(const struct rsl_protection *p,
                                        const struct rsl_encoding *e, int b) {
    if (p->kind->role) return p->kind->role(p, e, b);
    return (struct rsl_bit_role){.kind = RSL_BIT_DATA, .bit = b};
}
