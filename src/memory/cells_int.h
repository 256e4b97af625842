/* What cells are made of, for the files that change, read and compare them. */
#ifndef RSL_MEMORY_CELLS_INT_H
#define RSL_MEMORY_CELLS_INT_H

#include "memory/cells.h"

struct touch {
    int tensor;
    int64_t group;
};

/* One tensor's cells. */
struct part {
    uint8_t *bits;
    uint8_t *touched;       /* one bit per group */
    struct rsl_codes codes; /* weights: with the scales and zero points as they read now */
};

struct rsl_cells {
    const struct rsl_memory *image;
    struct part *parts;
    struct {
        struct touch *at;
        size_t n, cap;
    } touched;
    struct {
        struct rsl_change *at;
        size_t n, cap;
    } changes;
};

static inline bool is_touched(const struct rsl_cells *c, int tensor, int64_t group) {
    return c->parts[tensor].touched[group / 8] >> group % 8 & 1;
}

/* First and last element with bits in the group. */
static inline void elements_of(const struct rsl_memory_tensor *t, int64_t group, int64_t *first,
                               int64_t *last) {
    int64_t bit = group * t->groups.data;
    *first = bit / t->storage.encoding.bits;
    *last = (bit + rsl_groups_data(&t->groups, group) - 1) / t->storage.encoding.bits;
}

/* The group as a reader of these bits takes it. */
static inline struct rsl_group read_group(const struct rsl_memory_tensor *t, const uint8_t *bits,
                                          int64_t group, unsigned *verdict) {
    const struct rsl_storage *s = &t->storage;
    struct rsl_group g = rsl_groups_read(&t->groups, bits, group);
    *verdict = rsl_correct(&s->protection, &s->encoding, rsl_groups_data(&t->groups, group), &g);
    return g;
}

/* The data bits of a group that now read differently. */
static inline uint64_t difference(const struct rsl_cells *c, int tensor, int64_t group,
                                  unsigned *verdict) {
    const struct rsl_memory_tensor *t = &c->image->tensors[tensor];
    unsigned unused;
    return read_group(t, c->parts[tensor].bits, group, verdict).data ^
           read_group(t, t->bits, group, &unused).data;
}

static inline void count_votes(const struct rsl_cells *c, const struct touch *at,
                               struct rsl_votes *votes) {
    unsigned verdict;
    uint64_t bits = difference(c, at->tensor, at->group, &verdict);
    rsl_votes_add(votes, verdict, bits == 0);
}

#endif
