/* See layout.h. */
#include "memory/layout.h"

#include "base/status.h"
#include "memory/majority.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

const char *const rsl_layout_names[] = {"word", "plane", "block", NULL};

static int parse_layout(struct rsl_storage *s, const char *text) {
    for (int i = 0; rsl_layout_names[i]; i++) {
        if (strcmp(text, rsl_layout_names[i]) != 0) continue;
        s->layout = (enum rsl_storage_layout)i;
        return RSL_OK;
    }
    return rsl_fail(RSL_EARG, "there is no layout '%.40s': there are 'word', 'plane' and 'block'",
                    text);
}

int rsl_storage_parse(struct rsl_storage *s, const char *text) {
    char part[3][RSL_STORAGE_TEXT] = {"", "none", "word"};
    int n = 0;
    for (const char *p = text;; n++) {
        size_t length = strcspn(p, "/");
        if (n == 3 || length >= RSL_STORAGE_TEXT)
            return rsl_fail(RSL_EARG,
                            "storage '%.100s' is not of the form ENCODING[/PROTECTION[/LAYOUT]]",
                            text);
        snprintf(part[n], RSL_STORAGE_TEXT, "%.*s", (int)length, p);
        if (!p[length]) break;
        p += length + 1;
    }
    RSL_TRY(rsl_encoding_parse(&s->encoding, part[0]));
    RSL_TRY(rsl_protection_parse(&s->protection, part[1]));
    RSL_TRY(parse_layout(s, part[2]));
    return rsl_protection_accepts(&s->protection, &s->encoding);
}

const char *rsl_storage_text(const struct rsl_storage *s, char text[RSL_STORAGE_TEXT]) {
    char encoding[RSL_ENCODING_TEXT], protection[RSL_PROTECTION_TEXT];
    bool word = s->layout == RSL_LAYOUT_WORD;
    snprintf(text, RSL_STORAGE_TEXT, "%s/%s%s%s", rsl_encoding_text(&s->encoding, encoding),
             rsl_protection_text(&s->protection, protection), word ? "" : "/",
             word ? "" : rsl_layout_names[s->layout]);
    return text;
}

/* ---- places ---- */

struct rsl_groups rsl_groups_of(const struct rsl_storage *s, int64_t weights) {
    const struct rsl_encoding *e = &s->encoding;
    struct rsl_groups g = {.data = rsl_protection_data_bits(&s->protection, e),
                           .redundant = rsl_protection_redundant_bits(&s->protection, e),
                           .spare = rsl_protection_spare_bits(&s->protection, e),
                           .stored = rsl_protection_stored_bits(&s->protection, e, weights),
                           .layout = s->layout};
    int64_t data = weights * e->bits;
    g.n = (data + g.data - 1) / g.data;
    g.last = g.n ? (int)(data - (g.n - 1) * g.data) : g.data;
    return g;
}

/* Bits of a group that stand together in its block; the others are the spare ones. */
static int near_bits(const struct rsl_groups *g) {
    return g->data + g->redundant - (g->layout == RSL_LAYOUT_BLOCK ? g->spare : 0);
}

/* Groups that stand in planes together: all, or those of a block. */
struct planes {
    int64_t first, n;  /* groups */
    int64_t base;      /* bits before them */
    int data, last;    /* data bits of a group, and of the last of these */
    int64_t redundant; /* bits of the planes begin here */
    int64_t spare;     /* those of the block begin there */
};

static struct planes planes_of(const struct rsl_groups *g, int64_t group) {
    struct planes p = {.n = g->n, .data = g->data, .last = g->last};
    if (g->layout == RSL_LAYOUT_BLOCK) {
        p.first = group / RSL_BLOCK_GROUPS * RSL_BLOCK_GROUPS;
        p.base = p.first * near_bits(g);
        p.spare = g->n * near_bits(g) + p.first * g->spare;
        if (g->n - p.first > RSL_BLOCK_GROUPS) p.last = g->data;
        p.n = g->n - p.first < RSL_BLOCK_GROUPS ? g->n - p.first : RSL_BLOCK_GROUPS;
    }
    p.redundant = p.last * p.n + (p.data - p.last) * (p.n - 1);
    return p;
}

int64_t rsl_groups_offset(const struct rsl_groups *g, int64_t group, int b) {
    assert(group >= 0 && group < g->n && b >= 0 && b < g->data + g->redundant);
    assert(b < rsl_groups_data(g, group) || b >= g->data);
    if (g->layout == RSL_LAYOUT_WORD) {
        int data = rsl_groups_data(g, group);
        return group * (g->data + g->redundant) + (b < g->data ? b : data + b - g->data);
    }
    const struct planes p = planes_of(g, group);
    if (b >= near_bits(g)) return p.spare + (b - near_bits(g)) * p.n + group - p.first;
    int64_t at = p.base + group - p.first;
    if (b <= p.last) return at + b * p.n;
    if (b <= p.data) return at + p.last * p.n + (b - p.last) * (p.n - 1);
    return at + p.redundant + (b - p.data) * p.n;
}

static void locate_in_words(const struct rsl_groups *g, int64_t offset, int64_t *group, int *b) {
    int width = near_bits(g);
    *group = offset / width < g->n ? offset / width : g->n - 1;
    *b = (int)(offset - *group * width);
    if (*b >= rsl_groups_data(g, *group)) *b += g->data - rsl_groups_data(g, *group);
}

static void locate_spare(const struct rsl_groups *g, int64_t offset, int64_t *group, int *b) {
    const struct planes p = planes_of(g, (offset - g->n * near_bits(g)) / g->spare);
    *b = near_bits(g) + (int)((offset - p.spare) / p.n);
    *group = p.first + (offset - p.spare) % p.n;
}

void rsl_groups_locate(const struct rsl_groups *g, int64_t offset, int64_t *group, int *b) {
    assert(offset >= 0 && offset < g->stored);
    if (near_bits(g) < g->data + g->redundant && offset >= g->n * near_bits(g)) {
        locate_spare(g, offset, group, b);
        return;
    }
    locate_in_words(g, offset, group, b); /* in blocks, the group is of the right block */
    if (g->layout == RSL_LAYOUT_WORD) return;
    const struct planes p = planes_of(g, *group);
    offset -= p.base;
    if (offset < p.last * p.n) {
        *b = (int)(offset / p.n);
        *group = offset % p.n;
    } else if (offset < p.redundant) {
        offset -= p.last * p.n;
        *b = p.last + (int)(offset / (p.n - 1));
        *group = offset % (p.n - 1);
    } else {
        offset -= p.redundant;
        *b = p.data + (int)(offset / p.n);
        *group = offset % p.n;
    }
    *group += p.first;
}

/* ---- bits ---- */

enum { SPARE = 16 }; /* bytes behind the last bit */

size_t rsl_groups_bytes(const struct rsl_groups *g) {
    return (size_t)((g->stored + 7) / 8) + SPARE;
}

/* n <= 64 bits from bit `at` on; little-endian machines. */
static uint64_t read_bits(const uint8_t *bits, int64_t at, int n) {
    int shift = (int)(at & 7);
    uint64_t v;
    memcpy(&v, bits + (at >> 3), sizeof v);
    v >>= shift;
    if (shift + n > 64) v |= (uint64_t)bits[(at >> 3) + 8] << (64 - shift);
    return v & rsl_low_bits(n);
}

static void write_bits(uint8_t *bits, int64_t at, int n, uint64_t value) {
    int shift = (int)(at & 7);
    uint64_t v, mask = rsl_low_bits(n);
    value &= mask;
    memcpy(&v, bits + (at >> 3), sizeof v);
    v = (v & ~(mask << shift)) | value << shift;
    memcpy(bits + (at >> 3), &v, sizeof v);
    if (shift + n <= 64) return;
    uint8_t *last = bits + (at >> 3) + 8;
    *last = (uint8_t)((*last & ~(mask >> (64 - shift))) | value >> (64 - shift));
}

struct rsl_group rsl_groups_read(const struct rsl_groups *g, const uint8_t *bits, int64_t group) {
    int data = rsl_groups_data(g, group);
    struct rsl_group r = {0};
    if (g->layout == RSL_LAYOUT_WORD) {
        int64_t at = group * (g->data + g->redundant);
        r.data = read_bits(bits, at, data);
        if (g->redundant) r.redundant = read_bits(bits, at + data, g->redundant);
        return r;
    }
    for (int b = 0; b < data; b++)
        r.data |= read_bits(bits, rsl_groups_offset(g, group, b), 1) << b;
    for (int b = 0; b < g->redundant; b++)
        r.redundant |= read_bits(bits, rsl_groups_offset(g, group, g->data + b), 1) << b;
    return r;
}

void rsl_groups_write(const struct rsl_groups *g, uint8_t *bits, int64_t group,
                      struct rsl_group value) {
    int data = rsl_groups_data(g, group);
    if (g->layout == RSL_LAYOUT_WORD) {
        int64_t at = group * (g->data + g->redundant);
        write_bits(bits, at, data, value.data);
        write_bits(bits, at + data, g->redundant, value.redundant);
        return;
    }
    for (int b = 0; b < data; b++)
        write_bits(bits, rsl_groups_offset(g, group, b), 1, value.data >> b & 1);
    for (int b = 0; b < g->redundant; b++)
        write_bits(bits, rsl_groups_offset(g, group, g->data + b), 1, value.redundant >> b & 1);
}

void rsl_groups_write_run(const struct rsl_groups *g, uint8_t *bits, int64_t first, int n,
                          const uint64_t *word) {
    int stored = g->data + g->redundant;
    assert(n <= 64 && stored <= 64 && first % 64 == 0);
    for (int i = 0; i < n && g->layout == RSL_LAYOUT_WORD; i++)
        write_bits(bits, (first + i) * stored, stored, word[i]);
    for (int b = 0; b < stored && g->layout != RSL_LAYOUT_WORD; b++) {
        uint64_t plane = 0;
        for (int i = 0; i < n; i++) plane |= (word[i] >> b & 1) << i;
        write_bits(bits, rsl_groups_offset(g, first, b), n, plane);
    }
}
