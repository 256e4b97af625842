/* Layouts: where the bits of a tensor's groups (see protection.h) stand in its memory.
 *
 *   word    group after group: its data bits, then its redundant bits. With msb and one weight per
 *           group that is the published form: copies next to the bit they protect.
 *   plane   bit after bit: bit 0 of all groups, then bit 1 of all groups, and so on. Two bits of
 *           one group are as far apart as there are groups, so that no burst takes both.
 *   block   512 groups after 512 groups, each in planes of their own (the last block may be
 *           shorter): the same for bursts of less than 512 cells, and the bits of a row of weights
 *           are one stretch of memory, which processors read fastest. Behind the last block follow,
 *           block by block again, the second copies of voted bits: a majority is known without
 *           them wherever the code and the first copy agree, so that they are hardly ever read.
 *
 * All are dense: every bit of the tensor's memory is a bit of exactly one group. In the shorter
 * last group of a stream the missing data bits have no place: later planes lack its bit. */
#ifndef RSL_MEMORY_LAYOUT_H
#define RSL_MEMORY_LAYOUT_H

#include "memory/protection.h"

enum rsl_storage_layout { RSL_LAYOUT_WORD, RSL_LAYOUT_PLANE, RSL_LAYOUT_BLOCK };
enum { RSL_BLOCK_GROUPS = 512 };
extern const char *const rsl_layout_names[]; /* NULL after the last */

/* How a tensor is stored. As text: ENCODING[/PROTECTION[/LAYOUT]], "affine3/msb/plane". */
struct rsl_storage {
    struct rsl_encoding encoding;
    struct rsl_protection protection;
    enum rsl_storage_layout layout;
};

/* Refuses protections that do not fit the encoding. */
int rsl_storage_parse(struct rsl_storage *s, const char *text);
enum { RSL_STORAGE_TEXT = 128 };
const char *rsl_storage_text(const struct rsl_storage *s, char text[RSL_STORAGE_TEXT]);

struct rsl_groups {
    int64_t n;      /* groups */
    int data;       /* data bits of a group */
    int last;       /* ... of the last group, 1..data */
    int redundant;  /* redundant bits of each group */
    int spare;      /* the last ones of these, which `block` keeps behind all blocks */
    int64_t stored; /* bits altogether */
    enum rsl_storage_layout layout;
};

struct rsl_groups rsl_groups_of(const struct rsl_storage *s, int64_t weights);

static inline int rsl_groups_data(const struct rsl_groups *g, int64_t group) {
    return group == g->n - 1 ? g->last : g->data;
}

/* Bits of a group are numbered 0..data-1 (data; the last group has `last` of them) and
 * data..data+redundant-1. Where bit b of a group stands, 0..stored-1, and what stands there. */
int64_t rsl_groups_offset(const struct rsl_groups *g, int64_t group, int b);
void rsl_groups_locate(const struct rsl_groups *g, int64_t offset, int64_t *group, int *b);

/* Bytes of a buffer for the tensor's memory: a few more than the bits need, so that reading and
 * writing by machine words stays inside. Bit i is bit i%8 of byte i/8. */
size_t rsl_groups_bytes(const struct rsl_groups *g);
struct rsl_group rsl_groups_read(const struct rsl_groups *g, const uint8_t *bits, int64_t group);
void rsl_groups_write(const struct rsl_groups *g, uint8_t *bits, int64_t group,
                      struct rsl_group value);

/* Writes n <= 64 groups at once, none of them a shorter last one, from a multiple of 64 on. word[i]
 * has the data bits of group first+i and above them its redundant bits, 64 together at most. */
void rsl_groups_write_run(const struct rsl_groups *g, uint8_t *bits, int64_t first, int n,
                          const uint64_t *word);

/* All groups of a tensor from its codes; `bits` was zero. */
void rsl_store_codes(const struct rsl_storage *s, const struct rsl_groups *g,
                     const struct rsl_codes *codes, uint8_t *bits);

#endif
