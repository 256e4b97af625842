/* Populations: the bits of an image that faults can strike, numbered 0..bits-1.
 *
 * A part is what one tensor contributes: all its stored bits in the order of their addresses, or
 * the chosen bit positions of every weight (weight by weight, positions ascending). Positions are
 * those of the weight's own stored bits: 0..W-1 its code, from W on its redundant bits; check bits
 * that several weights share (secded) belong to populations without chosen positions only. */
#ifndef RSL_FAULT_POPULATION_H
#define RSL_FAULT_POPULATION_H

#include "memory/image.h"

enum { RSL_MAX_POSITIONS = 128 }; /* a group is at most 64 data and 64 redundant bits */

struct rsl_population_part {
    int tensor;
    int64_t first, bits; /* numbers of its bits in the population */
    int positions;       /* 0: every stored bit */
    uint8_t position[RSL_MAX_POSITIONS];
};

struct rsl_fault_population {
    int n;
    struct rsl_population_part *parts; /* ascending tensors; none is empty */
    int64_t bits;
};

/* Which tensors and positions. Patterns are names of constants or nodes, or constants' names up to
 * their last dot, with * and ?; "3" and "0-4" are indices of weights; "!P" leaves out what P
 * matches. No pattern: all. */
struct rsl_selection {
    unsigned regions; /* bit r: enum rsl_region r */
    const char *const *patterns;
    int n_patterns;
    bool some_positions; /* else all */
    bool top;            /* with some_positions: each code's top bit */
    bool positions[RSL_MAX_POSITIONS];
};

/* Refuses patterns that match nothing, positions that no selected tensor has, and selections
 * without bits. */
int rsl_population_init(struct rsl_fault_population *p, const struct rsl_memory *image,
                        const struct rsl_selection *selection);
void rsl_population_free(struct rsl_fault_population *p);

/* The address of bit number `index`. */
int64_t rsl_population_address(const struct rsl_fault_population *p, const struct rsl_memory *image,
                               int64_t index);
bool rsl_population_has(const struct rsl_fault_population *p, const struct rsl_memory *image,
                        int64_t address);

#endif
