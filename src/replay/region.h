/* Regions: which part of an activation differs from the fault-free one.
 *
 * A region is a set of channels and one box of rows and columns that holds for all of them. It may
 * be larger than what really differs, never smaller. */
#ifndef RSL_REPLAY_REGION_H
#define RSL_REPLAY_REGION_H

#include <stdbool.h>
#include <stdint.h>

struct rsl_box {
    int row0, row1, col0, col1; /* half open; empty when row0 >= row1 or col0 >= col1 */
};

struct rsl_region {
    struct rsl_box box;
    uint64_t *set; /* bit c % 64 of word c / 64: channel c */
    int words;
    int first, last; /* words outside of [first, last) are 0 */
};

/* Makes it empty. */
void rsl_region_clear(struct rsl_region *r);
bool rsl_region_empty(const struct rsl_region *r);

static inline bool rsl_region_has(const struct rsl_region *r, int c) {
    return r->set[c >> 6] >> (c & 63) & 1;
}
void rsl_region_add(struct rsl_region *r, int c);
void rsl_region_add_range(struct rsl_region *r, int from, int to);
void rsl_region_remove(struct rsl_region *r, int c);
/* The set of r becomes that of the other, shifted up by `shift` channels, cut to r's size. */
void rsl_region_join(struct rsl_region *r, const struct rsl_region *other, int shift);
/* The next channel from c on, or -1:  for (int c = -1; (c = rsl_region_next(r, c + 1)) >= 0;) */
int rsl_region_next(const struct rsl_region *r, int c);

bool rsl_box_empty(const struct rsl_box *b);
bool rsl_box_inside(const struct rsl_box *inner, const struct rsl_box *outer);
/* The smallest box around both; an empty one counts for nothing. */
struct rsl_box rsl_box_around(const struct rsl_box *a, const struct rsl_box *b);

#endif
