/* From the codes of a tensor to its bits. Networks have tens of millions of weights: where a group
 * is one weight, 64 of them are written together. */
#include "memory/layout.h"

enum { RUN = 64, NARROW = 8 /* code bits, of which all words fit a table */ };

static uint64_t word_of(const struct rsl_storage *s, uint64_t code) {
    struct rsl_group g = rsl_protect(&s->protection, &s->encoding, code);
    return g.data | (g.redundant ? g.redundant << s->encoding.bits : 0);
}

static void store_words(const struct rsl_storage *s, const struct rsl_groups *g,
                        const struct rsl_codes *codes, uint8_t *bits) {
    uint64_t table[1 << NARROW] = {0}, word[RUN];
    bool narrow = s->encoding.bits <= NARROW;
    for (uint64_t code = 0; narrow && code < UINT64_C(1) << s->encoding.bits; code++)
        table[code] = word_of(s, code);
    for (int64_t i = 0; i < codes->count; i += RUN) {
        int n = codes->count - i < RUN ? (int)(codes->count - i) : RUN;
        for (int k = 0; k < n; k++) {
            uint32_t code = rsl_code_at(codes, i + k);
            word[k] = narrow ? table[code] : word_of(s, code);
        }
        rsl_groups_write_run(g, bits, i, n, word);
    }
}

/* Groups of 64 bits of the stream of codes, or such as no word holds. */
static void store_groups(const struct rsl_storage *s, const struct rsl_groups *g,
                         const struct rsl_codes *codes, uint8_t *bits) {
    uint64_t data = 0; /* of the stream, `have` bits not yet in a group */
    int have = 0, width = s->encoding.bits;
    int64_t group = 0;
    for (int64_t i = 0; i < codes->count; i++) {
        uint64_t code = rsl_code_at(codes, i);
        data |= code << have;
        have += width;
        if (have < g->data && i + 1 < codes->count) continue;
        rsl_groups_write(g, bits, group++, rsl_protect(&s->protection, &s->encoding, data));
        have -= g->data;
        data = have > 0 ? code >> (width - have) : 0;
    }
    if (have > 0) /* the last code ended in a group of its own */
        rsl_groups_write(g, bits, group, rsl_protect(&s->protection, &s->encoding, data));
}

void rsl_store_codes(const struct rsl_storage *s, const struct rsl_groups *g,
                     const struct rsl_codes *codes, uint8_t *bits) {
    bool words = !s->protection.kind->stream && g->data + g->redundant <= 64;
    if (words)
        store_words(s, g, codes, bits);
    else
        store_groups(s, g, codes, bits);
}
