/* See region.h. */
#include "replay/region.h"

#include <string.h>

void rsl_region_clear(struct rsl_region *r) {
    if (r->first < r->last)
        memset(r->set + r->first, 0, (size_t)(r->last - r->first) * sizeof *r->set);
    r->first = r->words;
    r->last = 0;
    r->box = (struct rsl_box){0};
}

bool rsl_region_empty(const struct rsl_region *r) {
    if (rsl_box_empty(&r->box)) return true;
    for (int w = r->first; w < r->last; w++)
        if (r->set[w]) return false;
    return true;
}

static void cover(struct rsl_region *r, int first, int last) {
    if (first < r->first) r->first = first;
    if (last > r->last) r->last = last;
}

void rsl_region_add(struct rsl_region *r, int c) {
    r->set[c >> 6] |= (uint64_t)1 << (c & 63);
    cover(r, c >> 6, (c >> 6) + 1);
}

void rsl_region_add_range(struct rsl_region *r, int from, int to) {
    if (from >= to) return;
    cover(r, from >> 6, ((to - 1) >> 6) + 1);
    for (int w = from >> 6; w <= (to - 1) >> 6; w++) {
        uint64_t mask = ~(uint64_t)0;
        if (w == from >> 6) mask &= ~(uint64_t)0 << (from & 63);
        if (w == (to - 1) >> 6) mask &= ~(uint64_t)0 >> (63 - ((to - 1) & 63));
        r->set[w] |= mask;
    }
}

void rsl_region_remove(struct rsl_region *r, int c) {
    r->set[c >> 6] &= ~((uint64_t)1 << (c & 63));
}

void rsl_region_join(struct rsl_region *r, const struct rsl_region *other, int shift) {
    if (shift == 0 && r->words >= other->last) {
        cover(r, other->first, other->last);
        for (int w = other->first; w < other->last; w++) r->set[w] |= other->set[w];
        return;
    }
    for (int c = -1; (c = rsl_region_next(other, c + 1)) >= 0;)
        if (c + shift >= 0 && c + shift < 64 * r->words) rsl_region_add(r, c + shift);
}

int rsl_region_next(const struct rsl_region *r, int c) {
    int w = c >> 6;
    if (w < r->first) {
        w = r->first;
        c = w << 6;
    }
    if (w >= r->last) return -1;
    uint64_t bits = r->set[w] & ~(uint64_t)0 << (c & 63);
    while (!bits) {
        if (++w >= r->last) return -1;
        bits = r->set[w];
    }
    return (w << 6) + __builtin_ctzll(bits);
}

bool rsl_box_empty(const struct rsl_box *b) {
    return b->row0 >= b->row1 || b->col0 >= b->col1;
}

bool rsl_box_inside(const struct rsl_box *inner, const struct rsl_box *outer) {
    return inner->row0 >= outer->row0 && inner->row1 <= outer->row1 && inner->col0 >= outer->col0 &&
           inner->col1 <= outer->col1;
}

struct rsl_box rsl_box_around(const struct rsl_box *a, const struct rsl_box *b) {
    if (rsl_box_empty(a)) return *b;
    if (rsl_box_empty(b)) return *a;
    return (struct rsl_box){.row0 = a->row0 < b->row0 ? a->row0 : b->row0,
                            .row1 = a->row1 > b->row1 ? a->row1 : b->row1,
                            .col0 = a->col0 < b->col0 ? a->col0 : b->col0,
                            .col1 = a->col1 > b->col1 ? a->col1 : b->col1};
}
