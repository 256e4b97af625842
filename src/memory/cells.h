/* Cells: the memory of one device that holds an image, and what happens to it.
 *
 * Flips and stuck bits change cells in place; the cost is per flip, not per bit stored. Which
 * groups were touched is remembered, so that
 *
 *   rsl_cells_changes  lists the weights that now read differently, and how the votes went
 *   rsl_cells_restore  puts back exactly the image's bits
 *
 * cost the same. A flip in a scale or zero point changes every weight of its channel.
 *
 * Each thread has its own cells; the image is shared and must outlive them. After the lists have
 * grown to what a trial needs, trials allocate nothing. */
#ifndef RSL_MEMORY_CELLS_H
#define RSL_MEMORY_CELLS_H

#include "memory/image.h"

struct rsl_cells;

int rsl_cells_new(struct rsl_cells **cells, const struct rsl_memory *image);
void rsl_cells_free(struct rsl_cells *cells);
/* Room for so many touched groups and changed weights, for callers that must not allocate later. */
int rsl_cells_reserve(struct rsl_cells *cells, size_t n);

/* ---- bits ---- addresses are those of the image */

bool rsl_cells_bit(const struct rsl_cells *cells, int64_t address);
/* Flips one bit, in the encoding's way (see rsl_encoding_flip). RSL_OK or RSL_ENOMEM. */
int rsl_cells_flip(struct rsl_cells *cells, int64_t address);
/* Sets one bit, as a stuck cell does: 1 when that changed it, 0 when it had that value. */
int rsl_cells_set(struct rsl_cells *cells, int64_t address, bool value);
/* All stored bits of a group as they are now. */
struct rsl_group rsl_cells_group(const struct rsl_cells *cells, int tensor, int64_t group);

/* ---- what a reader sees ---- */

/* One element of a tensor, after correction. For scales and zero points: as weights see them. */
float rsl_cells_value(const struct rsl_cells *cells, int tensor, int64_t index);
/* ... and its code; of a zeroed weight: the code whose value is nearest to 0. */
uint32_t rsl_cells_code(const struct rsl_cells *cells, int tensor, int64_t index);
/* A whole tensor; votes of all its groups are added when `votes` is not NULL. */
void rsl_cells_values(const struct rsl_cells *cells, int tensor, float *out,
                      struct rsl_votes *votes);

/* Its codes after correction, one byte each, for arithmetic on codes; encodings of up to 8 bits. Of
 * a zeroed weight: the code whose value is nearest to 0. */
void rsl_cells_codes(const struct rsl_cells *cells, int tensor, uint8_t *code);

struct rsl_change {
    int tensor;
    int64_t index;
    float before, after;
    uint32_t code_before, code_after; /* after correction; of a zeroed weight as above */
};

/* Every element of weights, biases and norms whose value is no longer the image's, each once; the
 * list is valid until the next call with these cells. Votes of the touched groups of all regions
 * are added when `votes` is not NULL. */
int rsl_cells_changes(struct rsl_cells *cells, const struct rsl_change **changes, size_t *n,
                      struct rsl_votes *votes);

/* Whether some scale or zero point was flipped or set; it may read as before. */
bool rsl_cells_touched_grid(const struct rsl_cells *cells);

/* ---- undoing ---- */

void rsl_cells_restore(struct rsl_cells *cells);

#endif
